import * as z from 'zod';

export const Environment = z.object({ REGISTRY_TABLE: z.string(), AUDIT_TABLE: z.string(), ARTIFACTS_BUCKET: z.string(), SIMULATE_MACHINE_ARN: z.string() });
