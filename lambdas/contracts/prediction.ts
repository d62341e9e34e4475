import * as z from 'zod';
import { AuditEvent } from './audit.ts';
import { Deprecation } from './model-version.ts';
import { DatasetId, ModelName, ModelVersionId, PredictionId, Sha256, Timestamp } from './ids.ts';

export const PredictionRequest = z.object({
  /** an opaque key of the patient for sticky routing; only its keyed hash is kept. */
  subjectKey: z.string().min(1).max(200),
  features: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()], { error: 'must be a text, a number, a boolean or null' }))
    .describe('by the names, units and ranges of the model’s feature view'),
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
  deprecation: Deprecation.pick({ reason: true, replacedBy: true, endOfUse: true }).optional().describe('the version that answered is to be replaced'),
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
  /** evaluation of the request by this version; the once-per-process load of its artefacts is not in it. */
  latencyMs: z.number(),
  username: z.string(),
});
export type PredictionRecord = z.infer<typeof PredictionRecord>;

/** A version that could not be loaded or evaluated for a valid request. */
export const PredictionFault = PredictionRecord.pick({ predictionId: true, at: true, model: true, version: true, role: true, subjectHash: true }).extend({
  kind: z.enum(['load', 'evaluate']),
});
export type PredictionFault = z.infer<typeof PredictionFault>;

/** One call of createPrediction on its way to the record and the audit chain; a refused or denied one has no records. */
export const PredictionCall = AuditEvent.pick({ who: true, what: true, result: true, data: true }).extend({
  requestId: z.string(),
  at: Timestamp,
  records: z.array(PredictionRecord),
  faults: z.array(PredictionFault),
});
export type PredictionCall = z.infer<typeof PredictionCall>;

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

/** An outcome beside its prediction; `predictedAt` is the prediction's time, so that windows of both match. */
export const OutcomeRecord = OutcomesRequest.shape.outcomes.element.extend({
  model: ModelName,
  version: z.number().int(),
  predictedAt: Timestamp,
  recordedAt: Timestamp,
  recordedBy: z.string(),
});
export type OutcomeRecord = z.infer<typeof OutcomeRecord>;
