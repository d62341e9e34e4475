import * as z from 'zod';

export const Environment = z.object({ REGISTRY_TABLE: z.string(), AUDIT_TABLE: z.string(), REGISTRY_BUS: z.string() });
