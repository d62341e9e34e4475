import * as z from 'zod';
import { DatasetId, ModelName, ModelVersionId, RolloutId, Sha256, Timestamp } from './ids.ts';
import { Deprecation, StageChange } from './model-version.ts';
import { PredictionRecord } from './prediction.ts';

/** In the body, since an address is logged on its way. */
export const ServedRequest = z.strictObject({
  subjectKey: z.string().min(1).max(200).describe('the key that the predictions were asked for with; only its keyed hash is kept'),
  date: z.iso.date().describe('a day in UTC'),
});
export type ServedRequest = z.infer<typeof ServedRequest>;

/** What was answered for a patient and by whom it was asked for; the features stay with the prediction. */
export const ServedAnswer = PredictionRecord.pick({
  predictionId: true,
  at: true,
  version: true,
  role: true,
  weeklyDoseMg: true,
  lowerMgPerWeek: true,
  upperMgPerWeek: true,
  username: true,
});
export type ServedAnswer = z.infer<typeof ServedAnswer>;

/** Whose answer the patient would have got from `from` until `to`, as one revision of the deployment said. */
export const ServedRouting = z.object({
  from: Timestamp,
  to: Timestamp,
  revision: z.number().int(),
  version: z.number().int().nullable().describe('null: no version answered this patient'),
  role: z.enum(['production', 'canary']).nullable(),
  rollout: RolloutId.optional(),
});
export type ServedRouting = z.infer<typeof ServedRouting>;

/** What answered a patient on a day: the answers themselves, the routing, and what each version was. */
export const Served = z.object({
  model: ModelName,
  date: z.iso.date(),
  answers: z.array(ServedAnswer),
  routing: z.array(ServedRouting),
  versions: z.array(
    z.object({
      modelVersion: ModelVersionId,
      modelDigest: Sha256,
      datasetId: DatasetId,
      contextOfUse: z.string(),
      signature: z
        .object({ signatureId: z.string(), signer: z.string(), printedName: z.string(), meaning: z.string(), signedAt: Timestamp })
        .nullable()
        .describe('null: nobody had signed it'),
      stages: z.array(StageChange).describe('its stage changes up to the end of the day'),
      deprecation: Deprecation.optional(),
    }),
  ),
});
export type Served = z.infer<typeof Served>;
