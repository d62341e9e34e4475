import * as z from 'zod';
import { ReviewId } from '../../contracts/ids.ts';

export const Environment = z.object({ REGISTRY_TABLE: z.string() });
export const Input = z.object({ reviewId: ReviewId, taskToken: z.string().min(1) });
