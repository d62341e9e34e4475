import type { Alarm, Retraining } from '../../contracts/monitoring.ts';
import { digestOf } from '../canonical-json.ts';
import type { ChangeControlPlan } from './settings.ts';

const DAY_MS = 86_400_000;

type Data = { datasetId: string; patients: number };

export type ChangeFacts = {
  /** what made the version in production, and what the same names stand for now: digests by part; null where nothing is in production */
  production: { data: Data; madeBy: Record<Fixed, string>; standing: Record<Fixed, string> } | null;
  /** the newest dataset version of the same name */
  newest: Data | null;
  /** other retrainings of the model */
  earlier: readonly Pick<Retraining, 'retrainingId' | 'createdAt' | 'path' | 'status'>[];
};
export type Fixed = ChangeControlPlan['fixed'][number];
export type Decision = Pick<Retraining, 'path' | 'reasons'> & { status: 'training' | 'open' | 'refused' };

/**
 * May this alarm start a retraining without people? Outside the plan the request stays open, with every reason; inside, a retraining that
 * is under way already is not doubled.
 */
export const decidePath = (alarm: Pick<Alarm, 'name'>, plan: ChangeControlPlan, facts: ChangeFacts, now: Date): Decision => {
  const outside = outsidePlan(alarm, plan, facts, now);
  if (outside.length > 0) return { path: 'outside-plan', status: 'open', reasons: outside };
  const underWay = facts.earlier.find(({ status }) => status === 'training');
  if (underWay) return { path: 'inside-plan', status: 'refused', reasons: [`retraining ${underWay.retrainingId} of the model is under way`] };
  const [data, newest] = [facts.production!.data, facts.newest!];
  const change =
    newest.datasetId === data.datasetId
      ? `the same dataset version ${data.datasetId}`
      : `dataset version ${newest.datasetId} (${newest.patients} patients) instead of ${data.datasetId} (${data.patients})`;
  return { path: 'inside-plan', status: 'training', reasons: [`triggered by ${alarm.name}`, change, `unchanged: ${plan.fixed.join(', ')}`] };
};

const outsidePlan = ({ name }: Pick<Alarm, 'name'>, plan: ChangeControlPlan, { production, newest, earlier }: ChangeFacts, now: Date): string[] => {
  const reasons: string[] = [];
  if (!(plan.triggers as readonly string[]).includes(name)) reasons.push(`the plan has no retraining for ${name}`);
  if (!production) reasons.push('no version is in production');
  else {
    reasons.push(...plan.fixed.filter((part) => production.madeBy[part] !== production.standing[part]).map((part) => `${part} changed since the version in production was made`));
    const least = Math.ceil(plan.data.leastShareOfPatients * production.data.patients);
    if (!newest) reasons.push('there is no dataset to train on');
    else if (newest.patients < least) reasons.push(`dataset version ${newest.datasetId} has ${newest.patients} patients; the plan asks for at least ${least}`);
  }
  const { number, days } = plan.mostRetrainings;
  const recent = earlier.filter(({ createdAt, path, status }) => path === 'inside-plan' && status !== 'refused' && now.getTime() - Date.parse(createdAt) < days * DAY_MS).length;
  if (recent >= number) reasons.push(`${recent} retrainings in ${days} days; the plan allows ${number}`);
  return reasons;
};

/** One alarm, one retraining. */
export const retrainingIdOf = (alarmId: string): string => `ret_${digestOf({ alarmId }).slice(0, 26)}`;

/**
 * Of a run's alarms the one that a retraining answers: the first critical one that the plan knows, else the first that it knows, else the
 * first that is not for operations (no training makes an answer faster).
 */
export const causeOfRetraining = <A extends Pick<Alarm, 'name' | 'severity' | 'route'>>(alarms: readonly A[], { triggers }: ChangeControlPlan): A | undefined => {
  const known = alarms.filter(({ name }) => (triggers as readonly string[]).includes(name));
  return known.find(({ severity }) => severity === 'critical') ?? known[0] ?? alarms.find(({ route }) => route !== 'ops');
};
