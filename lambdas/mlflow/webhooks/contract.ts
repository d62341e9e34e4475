import * as z from 'zod';

export const Environment = z.object({
  TRACKING_TABLE: z.string(),
  AUDIT_TABLE: z.string(),
  /** whether the first call to a new project makes it, and with which rule for Production */
  NEW_PROJECTS: z.enum(['no', 'signed', 'open']),
  WEBHOOK_KEY_ID: z.string(),
  /** 1: receivers on this machine, also without TLS */
  WEBHOOK_LOOPBACK: z.enum(['0', '1']),
});
