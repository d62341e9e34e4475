import * as z from 'zod';

export const Environment = z.object({ LAKE_TABLE: z.string(), LAKE_BUCKET: z.string(), LANDING_BUCKET: z.string(), AUDIT_TABLE: z.string() });

export const Input = z.object({ sampleId: z.string(), fault: z.string().optional().describe('in place of the work: it stopped by this') });
