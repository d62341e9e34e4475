import * as z from 'zod';
import warfarinPlan from '../../../config/models/warfarin/change-control-plan.json' with { type: 'json' };
import warfarinMonitoring from '../../../config/models/warfarin/monitoring.json' with { type: 'json' };
import { SIGNAL_ALARMS, type SignalAlarm } from '../../../config/catalog/alarms.ts';

const Limit = z.strictObject({ value: z.number().positive(), source: z.string() });

/** How a model is watched: config/models/<model>/monitoring.json. */
export const MonitoringSettings = z.strictObject({
  /** days that a scheduled run looks back, and the longest window that may be asked for */
  window: z.strictObject({ days: z.number().int().positive(), mostDays: z.number().int().positive() }),
  /** patients; what has fewer is not judged */
  minimum: z.strictObject({ predictions: z.number().int(), outcomes: z.number().int(), group: z.number().int().min(3), source: z.string() }),
  falseDiscoveryRate: Limit,
  limits: z.strictObject({ populationStability: Limit, relativeError: Limit, coverage: Limit, fairnessRatio: Limit, slopePerAllele: Limit, latencyP95Ms: Limit }),
  /** categorical features whose groups' errors are compared */
  groups: z.array(z.string()),
  /** what clinicians rely on: log dose against the number of variant alleles, within the strata of another feature */
  relations: z.array(
    z.strictObject({ name: z.string(), title: z.string(), feature: z.string(), alleles: z.record(z.string(), z.number()), stratum: z.string(), source: z.string() }),
  ),
});
export type MonitoringSettings = z.infer<typeof MonitoringSettings>;

/** What a retraining may change without people: config/models/<model>/change-control-plan.json. */
export const ChangeControlPlan = z.strictObject({
  name: z.string(),
  statement: z.string(),
  reference: z.string(),
  /** alarms that may start a retraining */
  triggers: z.array(z.enum(Object.keys(SIGNAL_ALARMS) as [SignalAlarm, ...SignalAlarm[]])),
  /** what must be as it was for the version in production */
  fixed: z.array(z.enum(['contextOfUse', 'featureView', 'gates', 'hyperparameters'])),
  /** the one thing that may change */
  data: z.strictObject({ sameName: z.literal(true), leastShareOfPatients: z.number().positive() }),
  mostRetrainings: z.strictObject({ number: z.number().int().positive(), days: z.number().int().positive() }),
});
export type ChangeControlPlan = z.infer<typeof ChangeControlPlan>;

const SETTINGS: Record<string, { monitoring: MonitoringSettings; plan: ChangeControlPlan }> = {
  warfarin: { monitoring: MonitoringSettings.parse(warfarinMonitoring), plan: ChangeControlPlan.parse(warfarinPlan) },
};

/** A model that is watched must say how; anything else is a fault. */
export const settingsOf = (model: string): { monitoring: MonitoringSettings; plan: ChangeControlPlan } => {
  const found = SETTINGS[model];
  if (!found) throw new Error(`model ${model} has no monitoring settings`);
  return found;
};
