import * as z from 'zod';
import { ReviewId } from '../../contracts/ids.ts';

export const Environment = z.object({ REGISTRY_TABLE: z.string(), AUDIT_TABLE: z.string(), REGISTRY_BUS: z.string() });
export const Input = z.object({ reviewId: ReviewId });
