import * as z from 'zod';
import { ObjectVersion } from '../../contracts/object.ts';

export const Environment = z.object({ LAKE_BUCKET: z.string() });

export const Input = z.object({ plan: ObjectVersion });
