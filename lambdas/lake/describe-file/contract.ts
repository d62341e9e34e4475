import * as z from 'zod';
import { keys } from '../../../config/catalog/stores.ts';

export const Environment = z.object({ LAKE_TABLE: z.string(), LAKE_BUCKET: z.string() });

/** EventBridge's "Object Created" of the landing bucket. */
export const Input = z.object({
  detail: z.object({
    bucket: z.object({ name: z.string() }),
    object: z.object({ key: z.string().startsWith(keys.upload('')), 'version-id': z.string().optional() }),
  }),
});
