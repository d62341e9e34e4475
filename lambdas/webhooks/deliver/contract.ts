import * as z from 'zod';

export const Environment = z.object({
  TRACKING_TABLE: z.string(),
  AUDIT_QUEUE_URL: z.string(),
  DELIVERIES_QUEUE_URL: z.string(),
  WEBHOOK_KEY_ID: z.string(),
  /** 1: receivers on this machine, also without TLS */
  WEBHOOK_LOOPBACK: z.enum(['0', '1']),
});
