import * as z from 'zod';

export const Environment = z.object({ AUDIT_TABLE: z.string() });
