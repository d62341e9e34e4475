import * as z from 'zod';
import { RunId } from '../../contracts/ids.ts';

export const Environment = z.object({ REGISTRY_TABLE: z.string(), AUDIT_TABLE: z.string(), ARTIFACTS_BUCKET: z.string() });
/** fault: the name of what stopped the relay */
export const Input = z.object({ runId: RunId, after: z.enum(['evaluation', 'fault']), fault: z.string().max(200).optional() });
