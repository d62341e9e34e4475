import * as z from 'zod';

export const Environment = z.object({
  LAKE_TABLE: z.string(),
  AUDIT_TABLE: z.string(),
  LANDING_BUCKET: z.string(),
  PIN_MACHINE_ARN: z.string(),
  REBUILD_MACHINE_ARN: z.string(),
  LAKE_BUCKET: z.string(),
});
