import * as z from 'zod';

export const Environment = z.object({ REGISTRY_TABLE: z.string(), PREDICTIONS_QUEUE_URL: z.string(), LAKE_BUCKET: z.string(), SIGNATURE_KEY_ID: z.string() });
