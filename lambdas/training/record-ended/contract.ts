import * as z from 'zod';
import { ReviewId, RunId } from '../../contracts/ids.ts';

export const Environment = z.object({ REGISTRY_TABLE: z.string(), AUDIT_TABLE: z.string() });
export const Input = z.object({
  runId: RunId,
  status: z.enum(['leakage-blocked', 'gates-failed', 'candidate', 'faulted']),
  detail: z.string().optional(),
  reviewId: ReviewId.optional(),
});
