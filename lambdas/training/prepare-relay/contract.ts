import * as z from 'zod';
import { RunId } from '../../contracts/ids.ts';

export const Environment = z.object({
  REGISTRY_TABLE: z.string(),
  ARTIFACTS_BUCKET: z.string(),
  /** the tracker's address for the platform's own role; '': the worker knows one */
  TRACKER_URL: z.string(),
});
export const Input = z.object({ runId: RunId, after: z.enum(['evaluation', 'fault']) });
