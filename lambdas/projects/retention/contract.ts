import * as z from 'zod';

export const Environment = z.object({ TRACKING_TABLE: z.string(), REGISTRY_TABLE: z.string(), ARTIFACTS_BUCKET: z.string(), AUDIT_QUEUE_URL: z.string() });
