import * as z from 'zod';

/** Every id names its kind by its prefix, so that a lineage walk or a log line needs no lookup. */
const id = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[0-9a-zA-Z]{8,64}$`), `must look like ${prefix}_…`);

export const UploadId = id('upl');
export const IngestId = id('ing');
export const CompactionId = id('cmp');
export const DatasetId = id('ds');
export const DatasetCreationId = id('dsc');
export const DatasetRebuildId = id('dsr');
export const SourceCheckId = id('chk');
export const SourceDraftId = id('drf');
export const RunId = id('run');
export const ReviewId = id('rev');
export const RolloutId = id('rol');
export const PredictionId = id('prd');
export const TrialId = id('trl');
export const MonitoringRunId = id('mon');
export const AlarmId = id('alm');
export const RetrainingId = id('ret');

export const ModelName = z.string().regex(/^[a-z][a-z0-9-]{1,40}$/, 'must be lower-case letters, digits and dashes');
export const VersionNumber = z.coerce.number().int().min(1);
/** `warfarin@3`: the id of a model version in lineage and audit. */
export const ModelVersionId = z.string().regex(/^[a-z][a-z0-9-]{1,40}@[1-9][0-9]*$/);
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');
export const Timestamp = z.iso.datetime({ offset: true });

export const modelVersionId = (model: string, version: number): string => `${model}@${version}`;
export const versionOf = (id: string): number => Number(id.slice(id.lastIndexOf('@') + 1));
