import * as z from 'zod';

export const Environment = z.object({
  TRACKING_TABLE: z.string(),
  REGISTRY_TABLE: z.string(),
  AUDIT_QUEUE_URL: z.string(),
  PROJECTS_ON_FIRST_USE: z.enum(['no', 'open', 'signed']),
});
