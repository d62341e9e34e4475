import * as z from 'zod';

export const Environment = z.object({ MONITORING_TABLE: z.string(), LINEAGE_TABLE: z.string(), AUDIT_TABLE: z.string(), ARTIFACTS_BUCKET: z.string() });
