import * as z from 'zod';
import { DatasetObject } from '../../contracts/dataset.ts';
import { IngestId, UploadId } from '../../contracts/ids.ts';
import { ObjectVersion } from '../../contracts/object.ts';
import { DataUse, IngestReport } from '../../contracts/upload.ts';

export const Environment = z.object({
  LAKE_TABLE: z.string(),
  AUDIT_TABLE: z.string(),
  LINEAGE_TABLE: z.string(),
  DEIDENTIFICATION: z.enum(['safe-harbor', 'date-shift']),
});

export const Input = z.object({
  uploadId: UploadId,
  ingestId: IngestId,
  source: z.string(),
  mapVersion: z.string(),
  use: DataUse,
  file: ObjectVersion,
  judged: z.object({ report: IngestReport, staging: ObjectVersion }),
  curated: z.array(z.object({ objects: z.array(DatasetObject), counts: z.object({ superseded: z.number().int(), deleted: z.number().int(), patients: z.number().int() }) })),
});
