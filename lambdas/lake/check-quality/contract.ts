import * as z from 'zod';
import { ObjectVersion } from '../../contracts/object.ts';

export const Environment = z.object({ LAKE_BUCKET: z.string() });

export const Input = z.object({
  /** the dataset version's manifest */
  manifest: ObjectVersion,
  /** where its results lie: `<into>quality.json` and `<into>quality.html` */
  into: z.string().regex(/^[a-z0-9_/-]+\/$/),
  title: z.string().max(200),
});
