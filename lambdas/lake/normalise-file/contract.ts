import * as z from 'zod';
import { IngestId, UploadId } from '../../contracts/ids.ts';
import { ObjectVersion } from '../../contracts/object.ts';

export const Environment = z.object({ LAKE_BUCKET: z.string(), QUARANTINE_BUCKET: z.string(), PSEUDONYM_KEY_ID: z.string() });

export const Input = z.object({ uploadId: UploadId, ingestId: IngestId, source: z.string(), mapVersion: z.string(), file: ObjectVersion });
