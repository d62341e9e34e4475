import * as z from 'zod';
import { IngestId, UploadId } from '../../contracts/ids.ts';
import { ObjectVersion } from '../../contracts/object.ts';
import { DataUse } from '../../contracts/upload.ts';

export const Environment = z.object({
  LAKE_TABLE: z.string(),
  LAKE_BUCKET: z.string(),
  SUBJECTS_TABLE: z.string(),
  PSEUDONYM_KEY_ID: z.string(),
  DEIDENTIFICATION: z.enum(['safe-harbor', 'date-shift']),
});

export const Input = z.object({
  uploadId: UploadId,
  ingestId: IngestId,
  source: z.string(),
  mapVersion: z.string(),
  use: DataUse,
  partition: z.number().int().min(0),
  staging: ObjectVersion,
});
