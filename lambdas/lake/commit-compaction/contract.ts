import * as z from 'zod';
import { DatasetObject } from '../../contracts/dataset.ts';
import { ObjectVersion } from '../../contracts/object.ts';

export const Environment = z.object({ LAKE_TABLE: z.string(), AUDIT_TABLE: z.string(), LINEAGE_TABLE: z.string() });

export const Input = z.object({ plan: ObjectVersion, compacted: z.object({ objects: z.array(DatasetObject) }) });
