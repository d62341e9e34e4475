import * as z from 'zod';
import { IngestId, UploadId } from '../../contracts/ids.ts';
import { FileGroup } from '../../contracts/upload.ts';

export const Environment = z.object({ LAKE_TABLE: z.string(), LANDING_BUCKET: z.string(), LAKE_BUCKET: z.string(), QUARANTINE_BUCKET: z.string(), PSEUDONYM_KEY_ID: z.string() });

export const Input = FileGroup.extend({ uploadId: UploadId, ingestId: IngestId, source: z.string(), mapVersion: z.string() });
