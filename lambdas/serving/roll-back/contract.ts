import * as z from 'zod';
import { RolloutId } from '../../contracts/ids.ts';

export const Environment = z.object({ REGISTRY_TABLE: z.string(), AUDIT_TABLE: z.string(), REGISTRY_BUS: z.string() });
export const Input = z.object({ rolloutId: RolloutId, cause: z.enum(['signals', 'fault']) });
