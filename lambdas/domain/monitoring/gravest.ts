import type { Alarm } from '../../contracts/monitoring.ts';
import type { ChangeControlPlan } from './settings.ts';

/** The alarm that a retraining answers: the first critical one that the plan knows, else any that it knows, else the first. */
export const gravest = (alarms: readonly Alarm[], plan: ChangeControlPlan): Alarm | undefined => {
  const known = alarms.filter(({ name }) => plan.triggers.includes(name));
  return known.find(({ severity }) => severity === 'critical') ?? known[0] ?? alarms[0];
};
