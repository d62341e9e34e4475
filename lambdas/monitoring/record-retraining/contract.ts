import * as z from 'zod';
import { RetrainingId, RunId } from '../../contracts/ids.ts';

export const Environment = z.object({ MONITORING_TABLE: z.string(), REGISTRY_TABLE: z.string(), AUDIT_TABLE: z.string() });
export const Input = z.object({ retrainingId: RetrainingId, runId: RunId });
