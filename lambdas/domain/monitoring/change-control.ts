import type { Alarm, Retraining } from '../../contracts/monitoring.ts';
import { digestOf } from '../canonical-json.ts';
import type { ChangeControlPlan } from './settings.ts';

const MONTH_MS = 30 * 86_400_000;

export type ChangeFacts = {
  /** the run that made the version in production; null where none is */
  trained: { datasetId: string; contextOfUse: string } | null;
  /** the newest dataset version of the same name */
  newestDatasetId: string | null;
  /** earlier retrainings of the model */
  earlier: readonly Pick<Retraining, 'createdAt' | 'path' | 'alarmId'>[];
};

/** Is a retraining for this alarm inside the change-control plan? Reasons say what is outside, or what the retraining may change. */
export const decidePath = (alarm: Alarm, plan: ChangeControlPlan, facts: ChangeFacts, now: Date): Pick<Retraining, 'path' | 'reasons'> => {
  const outside: string[] = [];
  if (!plan.triggers.includes(alarm.name)) outside.push(`the plan has no retraining for ${alarm.name}`);
  if (!facts.trained) outside.push('no version is in production');
  if (!facts.newestDatasetId) outside.push('there is no dataset to train on');
  const recent = facts.earlier.filter(({ createdAt, path, alarmId }) => path === 'inside-plan' && alarmId !== alarm.alarmId && now.getTime() - Date.parse(createdAt) < MONTH_MS).length;
  if (recent >= plan.mostRetrainingsPerMonth) outside.push(`${recent} retrainings in 30 days; the plan allows ${plan.mostRetrainingsPerMonth}`);
  if (outside.length > 0) return { path: 'outside-plan', reasons: outside };
  const changes = facts.newestDatasetId === facts.trained!.datasetId ? 'the same dataset version' : `dataset version ${facts.newestDatasetId} instead of ${facts.trained!.datasetId}`;
  return { path: 'inside-plan', reasons: [`triggered by ${alarm.name}`, changes, `unchanged: ${plan.fixed.join(', ')}`] };
};

export const retrainingIdOf = (alarmId: string): string => `ret_${digestOf({ alarmId }).slice(0, 26)}`;
