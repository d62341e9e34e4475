import * as z from 'zod';
import { TrialId } from '../../contracts/ids.ts';

export const Environment = z.object({ REGISTRY_TABLE: z.string(), LAKE_BUCKET: z.string(), ARTIFACTS_BUCKET: z.string() });
export const Input = z.object({ trialId: TrialId });
