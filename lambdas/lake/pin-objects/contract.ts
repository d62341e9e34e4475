import * as z from 'zod';
import { DatasetCreationId } from '../../contracts/ids.ts';

export const Environment = z.object({ LAKE_TABLE: z.string(), LAKE_BUCKET: z.string() });

export const Input = z.object({ creationId: DatasetCreationId });
