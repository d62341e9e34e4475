import * as z from 'zod';
import { IngestId, Sha256, Timestamp, UploadId } from './ids.ts';

/** `development` may train; `external` is another institution's data, only ever used for external validation. */
export const DataUse = z.enum(['development', 'external']);

export const UploadRequest = z.object({
  source: z.string().regex(/^[a-z][a-z0-9-]{1,40}$/),
  bytes: z.number().int().min(1).max(5_000_000_000),
  sha256: Sha256,
  use: DataUse.default('development'),
});
export type UploadRequest = z.infer<typeof UploadRequest>;

export const QuarantineReason = z.object({
  /** machine-readable, e.g. `unparsable-number`, `impossible-value`, `unknown-genotype`, `missing-key`, `duplicate-row`. */
  reason: z.string(),
  column: z.string().optional(),
  count: z.number().int(),
});

export const IngestReport = z.object({
  read: z.number().int(),
  admitted: z.number().int(),
  quarantinedRows: z.number().int(),
  quarantined: z.array(QuarantineReason),
  rows: z.record(z.string(), z.number().int()).describe('rows written per OMOP table'),
  patients: z.number().int(),
  sites: z.array(z.string()),
});
export type IngestReport = z.infer<typeof IngestReport>;

export const UploadStatus = z.enum(['awaiting-file', 'ingesting', 'admitted', 'duplicate', 'refused', 'faulted']);

export const Upload = UploadRequest.extend({
  uploadId: UploadId,
  status: UploadStatus,
  createdAt: Timestamp,
  createdBy: z.string(),
  ingestId: IngestId.optional(),
  /** why the file was refused, or which upload had the same bytes; never holds a cell's value. */
  detail: z.string().optional(),
  report: IngestReport.optional(),
});
export type Upload = z.infer<typeof Upload>;

export const UploadTicket = z.object({
  uploadId: UploadId,
  url: z.string(),
  headers: z.record(z.string(), z.string()).describe('headers that the PUT must carry'),
  expiresAt: Timestamp,
});
export type UploadTicket = z.infer<typeof UploadTicket>;
