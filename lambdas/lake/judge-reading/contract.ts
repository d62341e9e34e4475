import * as z from 'zod';
import { GroupReading } from '../../contracts/upload.ts';

export const Environment = z.object({ LAKE_BUCKET: z.string() });

export const Input = z.object({ groups: z.array(GroupReading) });
