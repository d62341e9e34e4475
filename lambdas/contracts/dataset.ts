import * as z from 'zod';
import { CompactionId, DatasetCreationId, DatasetId, DatasetRebuildId, IngestId, Sha256, Timestamp, UploadId } from './ids.ts';
import { ObjectVersion } from './object.ts';
import { Problem } from './outcome.ts';
import { DataUse, IngestReport } from './upload.ts';

export const DatasetRequest = z.object({
  name: z.string().regex(/^[a-z][a-z0-9-]{1,60}$/),
  uploads: z.array(UploadId).min(1).max(1000),
});
export type DatasetRequest = z.infer<typeof DatasetRequest>;

export const DatasetObject = ObjectVersion.extend({
  table: z.string().describe('OMOP CDM 5.4 table'),
  partition: z.number().int().min(0),
  use: DataUse,
  ingestId: IngestId.optional().describe('whose rows these are; in place of it compactionId'),
  compactionId: CompactionId.optional().describe('rows of several ingests, each row says which'),
  source: z.string(),
  mapVersion: z.string(),
  rows: z.number().int(),
});
export type DatasetObject = z.infer<typeof DatasetObject>;

/** One admitted file: what it became, as exact objects. */
export const Ingest = z.object({
  ingestId: IngestId,
  uploadId: UploadId,
  source: z.string(),
  mapVersion: z.string(),
  use: DataUse,
  fileSha256: Sha256,
  deidentification: z.enum(['safe-harbor', 'date-shift']),
  objects: z.array(DatasetObject),
  quarantine: z.array(ObjectVersion),
  report: IngestReport,
  committedAt: Timestamp,
});
export type Ingest = z.infer<typeof Ingest>;

/** The manifest's canonical JSON (keys sorted, objects sorted by key) hashes to the dataset's id: `ds_` + first 32 hex digits. */
export const DatasetManifest = z.object({
  format: z.literal('proband-dataset-1'),
  cdmVersion: z.literal('5.4'),
  deidentification: z.string(),
  ingests: z.array(z.object({ ingestId: IngestId, uploadId: UploadId, source: z.string(), use: DataUse, fileSha256: Sha256, committedAt: Timestamp })),
  withdrawn: z.array(z.number().int()).describe('person_id of those who withdrew and are in the objects: no reader shows them'),
  objects: z.array(DatasetObject),
});
export type DatasetManifest = z.infer<typeof DatasetManifest>;

export const DatasetAnonymity = z.object({
  k: z.number().int().describe('size of the smallest group of patients who are alike in every quasi-identifier'),
  patientsBelow: z.number().int(),
  quasiIdentifiers: z.array(z.string()),
  required: z.number().int().optional().describe('under date-shift: a version with a smaller k is refused'),
});
export type DatasetAnonymity = z.infer<typeof DatasetAnonymity>;

/** Checks of the Kahn framework; a breach stops the version. */
export const DatasetQuality = z.object({
  passed: z.number().int(),
  failed: z.number().int(),
  notApplicable: z.number().int(),
  results: ObjectVersion.describe('every result by table and field, JSON'),
  page: ObjectVersion.describe('the same to be read'),
});
export type DatasetQuality = z.infer<typeof DatasetQuality>;

export const Dataset = z.object({
  datasetId: DatasetId,
  name: z.string(),
  createdAt: Timestamp,
  createdBy: z.string(),
  manifest: ObjectVersion,
  contentSha256: Sha256,
  patients: z.number().int(),
  anonymity: DatasetAnonymity.optional(),
  quality: DatasetQuality.optional(),
  ingests: DatasetManifest.shape.ingests,
});
export type Dataset = z.infer<typeof Dataset>;

/** A dataset version in the making. What it became stands under `datasetId`: what was made before, where its content is known already. */
export const DatasetCreation = DatasetRequest.extend({
  creationId: DatasetCreationId,
  status: z.enum(['making', 'made', 'refused', 'faulted']),
  step: z.string().describe('what it is at'),
  createdAt: Timestamp,
  createdBy: z.string(),
  endedAt: Timestamp.optional(),
  datasetId: DatasetId.optional(),
  problem: Problem.optional().describe('why there is none'),
});
export type DatasetCreation = z.infer<typeof DatasetCreation>;

/** What reading every object of a version again came to. */
export const RebuildResult = z.object({
  identical: z.boolean(),
  objects: z.number().int(),
  bytes: z.number().int(),
  contentSha256: Sha256,
  differences: z.array(z.string()).describe('the first hundred'),
});
export type RebuildResult = z.infer<typeof RebuildResult>;

/** A dataset version being rebuilt; `result` once it is. */
export const DatasetRebuild = z.object({
  rebuildId: DatasetRebuildId,
  datasetId: DatasetId,
  status: z.enum(['rebuilding', 'rebuilt', 'faulted']),
  createdAt: Timestamp,
  createdBy: z.string(),
  endedAt: Timestamp.optional(),
  result: RebuildResult.optional(),
  problem: Problem.optional().describe('why there is no result'),
});
export type DatasetRebuild = z.infer<typeof DatasetRebuild>;
