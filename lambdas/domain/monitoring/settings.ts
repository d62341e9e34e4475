import * as z from 'zod';
import warfarinPlan from '../../../config/models/warfarin/change-control-plan.json' with { type: 'json' };
import warfarinMonitoring from '../../../config/models/warfarin/monitoring.json' with { type: 'json' };

const Limit = z.object({ value: z.number().positive(), source: z.string() });

export const MonitoringSettings = z.object({
  minimumPredictions: z.number().int(),
  minimumOutcomes: z.number().int(),
  minimumGroup: z.number().int(),
  falseDiscoveryRate: z.number(),
  limits: z.object({ populationStability: Limit, relativeError: Limit, coverage: Limit, fairnessRatio: Limit, slopePerAllele: Limit, latencyP95Ms: Limit }),
  groups: z.array(z.string()),
  doseGenotype: z.object({ feature: z.string(), alleles: z.record(z.string(), z.number()), title: z.string() }),
});
export type MonitoringSettings = z.infer<typeof MonitoringSettings>;

export const ChangeControlPlan = z.object({ name: z.string(), statement: z.string(), triggers: z.array(z.string()), fixed: z.array(z.string()), mayChange: z.array(z.string()), mostRetrainingsPerMonth: z.number().int() });
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
