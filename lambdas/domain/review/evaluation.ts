import * as z from 'zod';

const Metric = z.object({ n: z.number(), maeMgPerWeek: z.number(), within20Percent: z.number() });
const Metrics = z.record(z.string(), Metric.nullable().optional());

/** What pages show of evaluation.json; a part that the data could not give is absent. */
export const Evaluation = z.object({
  metrics: z.object({ leaveOneSiteOut: Metrics.nullish(), external: Metrics.nullish() }).catch({}),
  ablation: z.object({ verdict: z.string() }).nullish().catch(null),
  subgroups: z.array(z.object({ group: z.string(), level: z.string(), n: z.number(), maeMgPerWeek: z.number(), within20Percent: z.number(), biasMgPerWeek: z.number().nullish(), interval: z.tuple([z.number(), z.number()]).nullish() })).catch([]),
  calibration: z.array(z.object({ nominal: z.number(), observed: z.number(), n: z.number() })).catch([]),
  plots: z.object({ predictedVsObserved: z.array(z.object({ observed: z.number(), predicted: z.number() })).catch([]) }).catch({ predictedVsObserved: [] }),
});
export type Evaluation = z.infer<typeof Evaluation>;

/** The names of the compared dosing rules, in the order of the pages. */
export const COMPARED = { model: 'This model', mechanisticOnly: 'Mechanistic part alone', linear: 'Linear model', pharmacogenetic: 'Pharmacogenetic algorithm (NEJM 2009)', clinical: 'Clinical algorithm (NEJM 2009)', fixedDose: 'Fixed 35 mg/week' } as const;
