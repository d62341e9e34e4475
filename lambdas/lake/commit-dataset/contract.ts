import * as z from 'zod';
import { DatasetAnonymity } from '../../contracts/dataset.ts';
import { DatasetCreationId, DatasetId } from '../../contracts/ids.ts';
import { ObjectVersion } from '../../contracts/object.ts';

export const Environment = z.object({ LAKE_TABLE: z.string(), LAKE_BUCKET: z.string(), AUDIT_TABLE: z.string(), LINEAGE_TABLE: z.string() });

export const Input = z.object({
  creationId: DatasetCreationId,
  pinned: z.object({ datasetId: DatasetId, manifest: ObjectVersion, patients: z.number().int(), anonymity: DatasetAnonymity }),
  checked: z.array(ObjectVersion),
});
