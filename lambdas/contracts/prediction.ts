import * as z from 'zod';
import { DatasetId, ModelName, ModelVersionId, PredictionId, Sha256, Timestamp } from './ids.ts';

export const PredictionRequest = z.object({
  /** an opaque key of the patient for sticky routing; only its keyed hash is kept. */
  subjectKey: z.string().min(1).max(200),
  features: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).describe('by the names, units and ranges of the model’s feature view'),
  /** daily racemic dose in mg for the INR course; default: the predicted stable dose for 28 days. */
  dailyDoseMg: z.array(z.number().min(0).max(100)).min(1).max(365).optional(),
});
export type PredictionRequest = z.infer<typeof PredictionRequest>;

export const Contribution = z.object({
  feature: z.string(),
  value: z.union([z.string(), z.number(), z.boolean(), z.null()]),
  /** Shapley value in mg/week against the reference patient; they sum to dose − reference dose. */
  contributionMgPerWeek: z.number(),
});

export const Prediction = z.object({
  predictionId: PredictionId,
  model: ModelName,
  modelVersion: ModelVersionId,
  modelDigest: Sha256,
  datasetId: DatasetId,
  weeklyDoseMg: z.number(),
  interval: z.object({ level: z.number(), lowerMgPerWeek: z.number(), upperMgPerWeek: z.number() }),
  parameters: z.record(z.string(), z.object({ value: z.number(), unit: z.string() })),
  inrCourse: z.array(z.object({ day: z.number().int(), dailyDoseMg: z.number(), inr: z.number() })),
  explanation: z.object({ referenceDoseMgPerWeek: z.number(), contributions: z.array(Contribution) }),
  missing: z.array(z.string()).describe('features that were not given and stand at the population’s value'),
});
export type Prediction = z.infer<typeof Prediction>;

/** What is logged of a prediction: pseudonymous, batched, never PHI. */
export const PredictionRecord = z.object({
  predictionId: PredictionId,
  at: Timestamp,
  model: ModelName,
  version: z.number().int(),
  role: z.enum(['production', 'canary', 'shadow']),
  subjectHash: z.string(),
  features: PredictionRequest.shape.features,
  weeklyDoseMg: z.number(),
  lowerMgPerWeek: z.number(),
  upperMgPerWeek: z.number(),
  latencyMs: z.number(),
  username: z.string(),
});
export type PredictionRecord = z.infer<typeof PredictionRecord>;

export const OutcomesRequest = z.object({
  outcomes: z
    .array(
      z.object({
        predictionId: PredictionId,
        /** stable therapeutic dose reached later */
        weeklyDoseMg: z.number().min(0.5).max(400),
        inrOnDose: z.number().min(0.5).max(20).optional(),
      }),
    )
    .min(1)
    .max(500),
});
export type OutcomesRequest = z.infer<typeof OutcomesRequest>;
