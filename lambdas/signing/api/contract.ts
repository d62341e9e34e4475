import * as z from 'zod';

export const Environment = z.object({
  REGISTRY_TABLE: z.string(),
  AUDIT_TABLE: z.string(),
  LINEAGE_TABLE: z.string(),
  SIGNATURE_KEY_ID: z.string(),
  USER_POOL_ID: z.string(),
  USER_POOL_CLIENT_ID: z.string(),
});
