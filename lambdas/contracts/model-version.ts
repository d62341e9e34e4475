import * as z from 'zod';
import { DatasetId, ModelName, RunId, Sha256, Timestamp, VersionNumber } from './ids.ts';
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

/** A deprecated version is rolled out no more, and its answers say so; what it answers already it goes on answering. */
export const DeprecationRequest = z.strictObject({
  deprecated: z.boolean().default(true).describe('false takes a deprecation back'),
  reason: z.string().trim().min(10).max(500),
  replacedBy: VersionNumber.optional().describe('the version to be used in its place'),
  endOfUse: z.iso.date().optional().describe('the last day on which it should answer, UTC'),
});
export type DeprecationRequest = z.infer<typeof DeprecationRequest>;

export const Deprecation = DeprecationRequest.omit({ deprecated: true }).extend({ at: Timestamp, by: z.string() });
export type Deprecation = z.infer<typeof Deprecation>;

/** Each deprecation and each time one was taken back; none is ever overwritten. */
export const DeprecationChange = Deprecation.extend({ version: z.number().int().min(1), deprecated: z.boolean() });
export type DeprecationChange = z.infer<typeof DeprecationChange>;

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
  deprecation: Deprecation.optional(),
  digests: z.object({
    model: Sha256.describe('digest of the artifact manifest'),
    data: Sha256.describe('content hash of the dataset'),
    gates: Sha256.describe('SHA-256 of the gate evidence file'),
    contextOfUse: Sha256,
    code: Sha256.describe('digest of the container package’s sources'),
    environment: Sha256.describe('digest of the installed packages and their versions'),
    container: z.string().optional().describe('the image that trained it, by digest; absent where the worker was not told its own (PROBAND_IMAGE)'),
    featureView: Sha256,
  }),
});
export type ModelVersion = z.infer<typeof ModelVersion>;
