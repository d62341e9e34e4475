import * as z from 'zod';

export const Environment = z.object({
  AUDIT_TABLE: z.string(),
  AUDIT_BUCKET: z.string(),
  CHECKPOINT_KEY_ID: z.string(),
  AUDIT_RETENTION_DAYS: z.coerce.number().int().min(1),
  /** compliance: nobody can shorten it; governance: an administrator may, so that a trial deployment can be removed */
  AUDIT_LOCK_MODE: z.enum(['COMPLIANCE', 'GOVERNANCE']),
});
export const Input = z.unknown();
