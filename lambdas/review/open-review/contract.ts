import * as z from 'zod';
import { ModelName, RunId } from '../../contracts/ids.ts';

export const Environment = z.object({
  REGISTRY_TABLE: z.string(),
  LAKE_TABLE: z.string(),
  AUDIT_TABLE: z.string(),
  REGISTRY_BUS: z.string(),
  LINEAGE_TABLE: z.string(),
  LAKE_BUCKET: z.string(),
  ARTIFACTS_BUCKET: z.string(),
  REVIEW_MACHINE_ARN: z.string(),
  REVIEW_EXPIRES_DAYS: z.coerce.number().int().min(1),
});
export const Input = z.object({ runId: RunId, model: ModelName, version: z.number().int().min(1) });
