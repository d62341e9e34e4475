import * as z from 'zod';
import { DatasetId, ModelName, ModelVersionId, RetrainingId, ReviewId, RunId, Sha256, Timestamp } from './ids.ts';
import { ArtifactManifest, ObjectVersion } from './object.ts';

/** What the model may be used for, and its risk tier; it chooses the gates (config/models/<model>/contexts.json). */
export const ContextOfUse = z.object({
  name: z.string(),
  riskTier: z.enum(['low', 'medium', 'high']),
  statement: z.string(),
});
export type ContextOfUse = z.infer<typeof ContextOfUse>;

export const RunRequest = z.object({
  model: ModelName,
  datasetId: DatasetId,
  contextOfUse: z.string().default('dose-decision-support'),
  seed: z.number().int().min(0).max(2_147_483_647).default(20100401),
  /** overrides of config/models/<model>/hyperparameters.json; unknown names are refused. */
  hyperparameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
});
export type RunRequest = z.infer<typeof RunRequest>;

export const LeakageFinding = z.object({
  check: z.enum(['patient-in-two-splits', 'duplicate-across-splits', 'external-institution-in-training', 'feature-after-index-date', 'target-copied-into-feature']),
  outcome: z.enum(['pass', 'fail', 'not-applicable']),
  count: z.number().int(),
  /** names columns, sites and counts, never a patient. */
  detail: z.string(),
});
export type LeakageFinding = z.infer<typeof LeakageFinding>;

export const SplitSummary = z.object({
  train: z.number().int(),
  validation: z.number().int(),
  external: z.number().int(),
  how: z.string().describe('by which rule the patients were split'),
  excluded: z.array(z.object({ reason: z.string(), count: z.number().int() })),
  sites: z.array(z.object({ site: z.string(), split: z.string(), n: z.number().int() })),
});
export type SplitSummary = z.infer<typeof SplitSummary>;

export const GateOutcome = z.object({
  name: z.string(),
  title: z.string(),
  measure: z.string(),
  comparison: z.enum(['<=', '>=', 'between']),
  threshold: z.union([z.number(), z.tuple([z.number(), z.number()])]),
  unit: z.string(),
  value: z.number().nullable(),
  n: z.number().int().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  outcome: z.enum(['pass', 'fail', 'not-applicable']),
  reason: z.string(),
  evidence: z.string().nullable().describe('path of the evidence file below the evaluation prefix'),
});
export type GateOutcome = z.infer<typeof GateOutcome>;

/** SUCCEEDED machines end in one of these; only `faulted` is a fault. */
export const RunStatus = z.enum(['running', 'leakage-blocked', 'gates-failed', 'candidate', 'faulted']);

/** A container image by its digest; a tag can be moved, and says nothing of what ran. */
export const ImageReference = z.string().regex(/^([a-z0-9][a-zA-Z0-9._:/-]*@)?sha256:[0-9a-f]{64}$/, 'allowed: [name@]sha256:<64 hexadecimal digits>');

/** What came of a job's records of its tracked run. */
export const TrackingReport = z.object({
  runId: z.string().nullable().describe('the experiment tracker’s own id'),
  records: z.number().int(),
  sent: z.number().int(),
  dropped: z.number().int(),
  reason: z.string().nullable(),
});
export type TrackingReport = z.infer<typeof TrackingReport>;

/** Variables of a job's process: what its tracked run is called and where it goes (containers/README.md). No token: that is in no execution's history. */
export const JobEnvironment = z.strictObject({
  MLFLOW_TRACKING_URI: z.url({ protocol: /^https?$/ }).optional(),
  MLFLOW_EXPERIMENT_NAME: z.string(),
  /** further tags, a JSON object. */
  MLFLOW_RUN_CONTEXT: z.string().optional(),
  PROBAND_RUN_ID: RunId,
  PROBAND_DATASET_ID: DatasetId.optional(),
  PROBAND_DATASET_SHA256: Sha256.optional(),
  PROBAND_CONTEXT_OF_USE: z.string().optional(),
  PROBAND_IMAGE: ImageReference.optional(),
  /** the job has no connection: it records, and the relay sends. */
  PROBAND_TRACKING: z.literal('spool').optional(),
  /** requests to the tracker are signed by the job's role. */
  MLFLOW_TRACKING_AUTH: z.literal('aws-sigv4').optional(),
});
export type JobEnvironment = z.infer<typeof JobEnvironment>;

export const Job = z.object({
  id: z.string(),
  kind: z.enum(['train', 'evaluate', 'simulate', 'relay']),
  inputs: z.record(z.string(), z.union([z.string(), z.array(z.object({ uri: z.string(), versionId: z.string(), sha256: Sha256, path: z.string() }))])),
  output: z.string().describe('s3://bucket/prefix/'),
  checkpoints: z.string().describe('s3://bucket/prefix/'),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  environment: JobEnvironment.optional(),
});
export type Job = z.infer<typeof Job>;

export const Run = RunRequest.extend({
  runId: RunId,
  status: RunStatus,
  step: z.string().describe('the state that runs now, or the last one'),
  progress: z.number().min(0).max(1).optional(),
  createdAt: Timestamp,
  createdBy: z.string(),
  endedAt: Timestamp.optional(),
  retrainingId: RetrainingId.optional(),
  features: z.object({ table: ObjectVersion, view: ObjectVersion, viewDigest: Sha256 }).optional(),
  split: SplitSummary.optional(),
  leakage: z.array(LeakageFinding).optional(),
  leakageEvidence: ObjectVersion.optional(),
  training: ArtifactManifest.optional(),
  evaluation: ArtifactManifest.optional(),
  gates: z.array(GateOutcome).optional(),
  gatesEvidence: ObjectVersion.optional(),
  metrics: z.unknown().optional(),
  tracking: z
    .object({ train: TrackingReport.optional(), evaluate: TrackingReport.optional(), fault: z.string().optional() })
    .optional()
    .describe('what the relay sent of jobs that could not send their records themselves; `fault`: why it could not'),
  modelVersion: ModelVersionId.optional(),
  reviewId: ReviewId.optional(),
  detail: z.string().optional(),
});
export type Run = z.infer<typeof Run>;
