import * as z from 'zod';
import { IngestId } from '../../contracts/ids.ts';
import { GroupReading } from '../../contracts/upload.ts';

export const Environment = z.object({ LAKE_BUCKET: z.string() });

export const Input = z.object({ ingestId: IngestId, groups: z.array(GroupReading) });
