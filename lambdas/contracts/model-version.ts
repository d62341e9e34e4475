import * as z from 'zod';
import { DatasetId, ModelName, RunId, Sha256, Timestamp } from './ids.ts';
import { ArtifactManifest, ObjectVersion } from './object.ts';
import { ContextOfUse, GateOutcome } from './run.ts';

/** A version's stage; each change is one appended StageChange, none is ever overwritten. */
export const Stage = z.enum(['candidate', 'in-review', 'approved', 'rejected', 'shadow', 'canary', 'production', 'rolled-back', 'superseded', 'retired']);
export type Stage = z.infer<typeof Stage>;

export const StageChange = z.object({
  model: ModelName,
  version: z.number().int().min(1),
  from: Stage.nullable(),
  to: Stage,
  at: Timestamp,
  by: z.string(),
  reason: z.string(),
  signatureId: z.string().optional(),
});
export type StageChange = z.infer<typeof StageChange>;

export const ModelVersion = z.object({
  model: ModelName,
  version: z.number().int().min(1),
  stage: Stage,
  createdAt: Timestamp,
  createdBy: z.string().describe('username of whoever started the run; may not sign'),
  runId: RunId,
  datasetId: DatasetId,
  datasetManifest: ObjectVersion,
  contextOfUse: ContextOfUse,
  artifacts: ArtifactManifest,
  evaluation: ArtifactManifest,
  gates: z.array(GateOutcome),
  gatesEvidence: ObjectVersion,
  card: ObjectVersion.optional(),
  digests: z.object({
    model: Sha256.describe('digest of the artifact manifest'),
    data: Sha256.describe('content hash of the dataset'),
    gates: Sha256.describe('SHA-256 of the gate evidence file'),
    contextOfUse: Sha256,
    code: z.string(),
    environment: z.string(),
    featureView: Sha256,
  }),
});
export type ModelVersion = z.infer<typeof ModelVersion>;
