import * as z from 'zod';
import { DatasetRebuildId } from '../../contracts/ids.ts';

export const Environment = z.object({ LAKE_TABLE: z.string(), LAKE_BUCKET: z.string(), AUDIT_TABLE: z.string() });

export const Input = z.object({ rebuildId: DatasetRebuildId, fault: z.string().optional().describe('in place of the work: it stopped by this') });
