import * as z from 'zod';

export const Environment = z.object({ LAKE_TABLE: z.string(), AUDIT_TABLE: z.string(), LINEAGE_TABLE: z.string(), LAKE_BUCKET: z.string(), PSEUDONYM_KEY_ID: z.string() });
