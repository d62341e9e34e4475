import * as z from 'zod';

export const Environment = z.object({ TRACKING_TABLE: z.string(), REGISTRY_TABLE: z.string(), AUDIT_QUEUE_URL: z.string() });
