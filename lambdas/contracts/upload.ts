import * as z from 'zod';
import { IngestId, Sha256, Timestamp, UploadId } from './ids.ts';
import { ObjectVersion } from './object.ts';

/** `development` may train; `external` is another institution's data, only ever used for external validation. */
export const DataUse = z.enum(['development', 'external']);

/** Endings of files' names that readers know; any other may be a person's name. */
export const FILE_ENDINGS = ['bgz', 'csv', 'dsjc', 'gz', 'json', 'jsonl', 'ndjson', 'parquet', 'tsv', 'txt', 'vcf', 'xml', 'xpt'] as const;

export const FileDigest = z.object({
  bytes: z.number().int().min(1).max(5_000_000_000),
  sha256: Sha256,
  extension: z.enum(FILE_ENDINGS).optional(),
});
export type FileDigest = z.infer<typeof FileDigest>;

/** How many files come in one upload. */
export const MOST_FILES = 500;

export const SourceName = z.string().regex(/^[a-z][a-z0-9-]{1,40}$/, 'must be 2 to 41 lower-case letters, digits and dashes, a letter first');

const Named = { source: SourceName, use: DataUse.default('development') };

/** One file by its size and SHA-256, or a set of them. Names stay with the sender: they may hold PHI; only a name's ending is told. */
export const Sent = {
  ...FileDigest.partial().shape,
  files: z.array(FileDigest).min(1).max(MOST_FILES).optional().describe('in place of bytes and sha256: files that belong together, such as an export’s, and are read as one'),
};
export type Sent = z.infer<z.ZodObject<typeof Sent>>;

/** One file or a set, not both and not neither. */
export const checkSent = ({ bytes, sha256, files }: Sent, context: z.RefinementCtx): void => {
  const absent = bytes === undefined ? 'bytes' : 'sha256';
  if (!files && (bytes === undefined || sha256 === undefined)) context.addIssue({ code: 'custom', path: [absent], message: 'must be given, or files' });
  if (files && (bytes !== undefined || sha256 !== undefined))
    context.addIssue({ code: 'custom', path: ['files'], message: 'must be alone: with it bytes and sha256 are those of each file' });
};

export const UploadRequest = z.strictObject({ ...Named, ...Sent }).superRefine(checkSent);
export type UploadRequest = z.infer<typeof UploadRequest>;

export const QuarantineReason = z.object({
  /** a name of config/catalog/quarantine-reasons.ts */
  reason: z.string(),
  column: z.string().optional(),
  count: z.number().int(),
  examples: z.array(z.string()).optional().describe('where the first ones stand, such as `file 2 row 17`; never a value'),
});

export const IngestReport = z.object({
  read: z.number().int(),
  admitted: z.number().int(),
  quarantinedRows: z.number().int(),
  quarantined: z.array(QuarantineReason),
  rows: z.record(z.string(), z.number().int()).describe('rows made per OMOP table'),
  patients: z.number().int(),
  sites: z.array(z.string()),
  files: z.number().int().optional(),
  filesRefused: z.array(z.object({ file: z.number().int(), reason: z.string(), detail: z.string() })).optional(),
  deleted: z.number().int().optional().describe('records that the source took back'),
  superseded: z.number().int().optional().describe('admitted records that the lake held before: the newer one counts'),
  calls: z.record(z.string(), z.number().int()).optional().describe('genotype calls by outcome'),
});
export type IngestReport = z.infer<typeof IngestReport>;

export const UploadStatus = z.enum(['awaiting-file', 'ingesting', 'admitted', 'duplicate', 'refused', 'faulted']);

/** For a set, `bytes` and `sha256` are those of the list that completes it. */
export const Upload = FileDigest.extend({
  ...Named,
  uploadId: UploadId,
  files: z.array(FileDigest).optional(),
  status: UploadStatus,
  createdAt: Timestamp,
  createdBy: z.string(),
  ingestId: IngestId.optional(),
  /** why the file was refused, or which upload had the same bytes; never holds a cell's value. */
  detail: z.string().optional(),
  report: IngestReport.optional(),
});
export type Upload = z.infer<typeof Upload>;

const Put = z.object({ url: z.string(), headers: z.record(z.string(), z.string()).describe('headers that the PUT must carry') });
export const PutTicket = Put.extend({
  expiresAt: Timestamp,
  files: z.array(Put).optional().describe('for a set: a PUT for each file; only then is `body` put to `url`, which starts the reading'),
  body: z.string().optional(),
});
export type PutTicket = z.infer<typeof PutTicket>;
export const UploadTicket = PutTicket.extend({ uploadId: UploadId });
export type UploadTicket = z.infer<typeof UploadTicket>;

/** A group of a set's files that one branch of the ingest reads. */
export const FileGroup = z.object({ group: z.number().int(), from: z.number().int(), to: z.number().int().describe('one past the last') });
export type FileGroup = z.infer<typeof FileGroup>;

/** What one branch answers: where it wrote down what it read. An execution's state holds 256 KB, those of hundreds of branches together. */
export const GroupReading = z.object({ group: z.number().int(), reading: ObjectVersion });
export type GroupReading = z.infer<typeof GroupReading>;

/** Where staged rows and the quarantine of an ingest lie. */
export const Staging = z.object({ partitions: z.array(z.object({ partition: z.number().int(), staged: z.array(ObjectVersion) })), quarantine: z.array(ObjectVersion) });
export type Staging = z.infer<typeof Staging>;
