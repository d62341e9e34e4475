import * as z from 'zod';
import { TrialId } from '../../contracts/ids.ts';

export const Environment = z.object({ REGISTRY_TABLE: z.string(), AUDIT_TABLE: z.string() });
export const Input = z.object({ trialId: TrialId, error: z.string(), cause: z.string() });
