import * as z from 'zod';

const Interval = z.tuple([z.number(), z.number()]);
const Metric = z.object({ n: z.number(), maeMgPerWeek: z.number(), within20Percent: z.number() });
const Metrics = z.record(z.string(), Metric).nullish().catch(null);
const Gain = z.object({ value: z.number(), n: z.number(), interval: Interval });

/** What pages show of evaluation.json (containers/README.md). A part that the data could not give is absent, and is shown as absent. */
export const Evaluation = z.object({
  measures: z.array(z.object({ name: z.string(), value: z.number().nullable(), n: z.number().nullish(), interval: Interval.nullish(), unit: z.string().default('') })).catch([]),
  metrics: z.object({ leaveOneSiteOut: Metrics, validation: Metrics, external: Metrics }).catch({}),
  ablation: z
    .looseObject({ verdict: z.string(), gainOverMechanisticOnly: Gain.optional(), gainOverLogLinear: Gain.optional(), gainOverLinear: Gain.optional() })
    .nullish()
    .catch(null),
  subgroups: z
    .array(
      z.object({
        characteristic: z.string(),
        level: z.string(),
        n: z.number(),
        maeMgPerWeek: z.number(),
        within20Percent: z.number(),
        maeInterval: Interval.nullish(),
        referenceMaeMgPerWeek: z.number().nullish(),
        meanBiasMgPerWeek: z.number().nullish(),
        coverage: z.number().nullish(),
      }),
    )
    .catch([]),
  calibration: z
    .object({
      intervalLevel: z.number(),
      coverageByLevel: z.array(z.object({ level: z.number(), coverage: z.number(), interval: Interval.nullish() })),
      byDecile: z.array(z.object({ n: z.number(), predictedMean: z.number(), observedMean: z.number(), observedMedian: z.number().nullish() })),
    })
    .nullish()
    .catch(null),
  /** paths of the plots' series, below the evaluation's prefix. */
  plots: z.record(z.string(), z.string()).catch({}),
});
export type Evaluation = z.infer<typeof Evaluation>;

const Cells = z.array(z.object({ predicted: z.number(), observed: z.number(), n: z.number() }));

/** The series `predicted_vs_observed`: patients per cell of predicted and observed dose; cells are named by their middle. */
export const PredictedVsObserved = z.object({ cellMgPerWeek: z.number(), leaveOneSiteOut: Cells, external: Cells.nullish() });
export type PredictedVsObserved = z.infer<typeof PredictedVsObserved>;

/** Predictors in the order of the pages; one that is not listed keeps its own name. */
export const COMPARED: Readonly<Record<string, string>> = {
  model: 'This model',
  mechanisticOnly: 'Mechanistic model alone',
  logLinear: 'Mechanistic model, log-linear covariates',
  linear: 'Linear model without mechanism',
  pharmacogenetic: 'Published pharmacogenetic algorithm',
  clinical: 'Published clinical algorithm',
  fixedDose: 'Fixed dose',
};
