import * as z from 'zod';
import { DatasetCreationId } from '../../contracts/ids.ts';
import { ObjectVersion } from '../../contracts/object.ts';

export const Environment = z.object({ LAKE_TABLE: z.string(), LAKE_BUCKET: z.string() });

export const Input = z.object({ creationId: DatasetCreationId, manifest: ObjectVersion, sources: z.array(z.string()).min(1) });
