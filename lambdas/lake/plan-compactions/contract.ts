import * as z from 'zod';

export const Environment = z.object({ LAKE_TABLE: z.string(), LAKE_BUCKET: z.string() });

/** Nothing is asked for: every partition is looked at. */
export const Input = z.object({});
