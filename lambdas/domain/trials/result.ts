import * as z from 'zod';

const Interval = z.tuple([z.number(), z.number()]).nullable();
const Difference = z.object({
  arm: z.string(),
  reference: z.string(),
  endpoint: z.string(),
  unit: z.string(),
  value: z.number().nullable(),
  interval: Interval,
  trialInterval: Interval,
});
const Daily = z.array(z.number().nullable());

/** What serving reads of result.json (containers/README.md); percentages are 0 to 100, days are the trial's, from 1. */
export const TrialResult = z.object({
  design: z.object({ name: z.string(), title: z.string(), source: z.string(), days: z.number().int(), targetInr: z.tuple([z.number(), z.number()]), reference: z.string() }),
  seed: z.number().int(),
  eligiblePatients: z.number().int(),
  interval: z.object({ level: z.number(), method: z.string() }),
  arms: z.array(z.object({ name: z.string(), n: z.number().int(), analysed: z.number().int(), ttrPercent: z.number().nullable(), interval: Interval })).min(2),
  differences: z.array(Difference),
  endpoints: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      unit: z.string(),
      definition: z.string(),
      arms: z.array(z.object({ name: z.string(), value: z.number().nullable(), interval: Interval, n: z.number().int() })),
    }),
  ),
  published: z.object({
    citation: z.string().optional(),
    arms: z.array(z.object({ name: z.string(), n: z.number().int(), ttrPercent: z.number().nullish() })).default([]),
    difference: z.object({ ttrPercent: z.number(), interval: Interval }).optional(),
    note: z.string().optional(),
    gaps: z.array(z.object({ arm: z.string(), endpoint: z.string(), simulated: z.number(), published: z.number(), gap: z.number() })).default([]),
  }),
  series: z.object({
    days: z.array(z.number().int()),
    arms: z.array(z.object({ name: z.string(), meanInr: Daily, lowerDecileInr: Daily, upperDecileInr: Daily, percentInRange: Daily })),
  }),
  sensitivity: z.array(
    z.object({ name: z.string(), arms: z.array(z.object({ name: z.string(), ttrPercent: z.number().nullable(), interval: Interval })), differences: z.array(Difference) }),
  ),
  assumptions: z.array(z.object({ name: z.string(), value: z.unknown(), source: z.string() })),
});
export type TrialResult = z.infer<typeof TrialResult>;
