import * as z from 'zod';
import { ModelName, ReviewId } from '../../contracts/ids.ts';

export const Environment = z.object({ REGISTRY_TABLE: z.string(), AUDIT_TABLE: z.string(), SIGNATURE_KEY_ID: z.string() });
export const Input = z.object({ reviewId: ReviewId, model: ModelName, version: z.number().int().min(1), decision: z.enum(['signed', 'rejected', 'expired']) });
