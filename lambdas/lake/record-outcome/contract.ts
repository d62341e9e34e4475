import * as z from 'zod';
import { IngestReport } from '../../contracts/upload.ts';

export const Environment = z.object({ LAKE_TABLE: z.string(), AUDIT_TABLE: z.string() });

export const Input = z.object({
  uploadId: z.string(),
  outcome: z.enum(['refused', 'duplicate', 'faulted']),
  detail: z.string(),
  report: IngestReport.optional(),
});
