import * as z from 'zod';
import { RunId } from '../../contracts/ids.ts';

export const Environment = z.object({
  REGISTRY_TABLE: z.string(),
  LAKE_TABLE: z.string(),
  AUDIT_TABLE: z.string(),
  LINEAGE_TABLE: z.string(),
  ARTIFACTS_BUCKET: z.string(),
});
export const Input = z.object({ runId: RunId });
