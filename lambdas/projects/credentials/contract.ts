import * as z from 'zod';

export const Environment = z.object({
  TRACKING_TABLE: z.string(),
  AUDIT_QUEUE_URL: z.string(),
  ARTIFACTS_BUCKET: z.string(),
  ARTIFACTS_BUCKET_ARN: z.string(),
  ARTIFACTS_KEY_ARN: z.string(),
  /** what it hands out sessions of */
  ARTIFACTS_ROLE_ARN: z.string(),
});
