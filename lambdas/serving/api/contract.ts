import * as z from 'zod';

export const Environment = z.object({
  REGISTRY_TABLE: z.string(),
  MONITORING_TABLE: z.string(),
  AUDIT_TABLE: z.string(),
  ROLLOUT_MACHINE_ARN: z.string(),
  LAKE_BUCKET: z.string(),
  SIGNATURE_KEY_ID: z.string(),
});
