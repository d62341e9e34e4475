import * as z from 'zod';

export const Environment = z.object({ AUDIT_TABLE: z.string(), AUDIT_BUCKET: z.string(), CHECKPOINT_KEY_ID: z.string() });
export const Input = z.unknown();
