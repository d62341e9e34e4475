import * as z from 'zod';
import { DatasetId, ModelName, Timestamp, TrialId } from './ids.ts';
import { ArtifactManifest } from './object.ts';

export const TrialRequest = z.object({
  model: ModelName,
  version: z.number().int().min(1),
  design: z
    .string()
    .regex(/^[a-z0-9-]{2,60}$/)
    .describe('a file of config/trials'),
  seed: z.number().int().min(0).max(2_147_483_647).default(2013),
  /** patients per arm; default: the design's. */
  patientsPerArm: z.number().int().min(10).max(20_000).optional(),
});
export type TrialRequest = z.infer<typeof TrialRequest>;

export const Trial = TrialRequest.extend({
  trialId: TrialId,
  datasetId: DatasetId,
  status: z.enum(['running', 'completed', 'refused', 'faulted']),
  progress: z.number().min(0).max(1).optional(),
  createdAt: Timestamp,
  createdBy: z.string(),
  endedAt: Timestamp.optional(),
  artifacts: ArtifactManifest.optional(),
  result: z.unknown().optional().describe('result.json of the simulate job'),
  detail: z.string().optional(),
});
export type Trial = z.infer<typeof Trial>;
