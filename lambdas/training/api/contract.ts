import * as z from 'zod';

export const Environment = z.object({
  REGISTRY_TABLE: z.string(),
  LAKE_TABLE: z.string(),
  AUDIT_TABLE: z.string(),
  LINEAGE_TABLE: z.string(),
  ARTIFACTS_BUCKET: z.string(),
  DEVELOP_MACHINE_ARN: z.string(),
});
