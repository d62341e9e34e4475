import * as z from 'zod';
import { RunId } from '../../contracts/ids.ts';
import { ImageReference } from '../../contracts/run.ts';

export const Environment = z.object({
  REGISTRY_TABLE: z.string(),
  LAKE_TABLE: z.string(),
  LAKE_BUCKET: z.string(),
  ARTIFACTS_BUCKET: z.string(),
  /** `spool`: jobs have no connection, and record what the relay sends; '': they send it themselves, where they are told whereto */
  JOB_TRACKING: z.enum(['', 'spool']),
});
export const Input = z.discriminatedUnion('kind', [
  z.object({ runId: RunId, kind: z.literal('train'), image: ImageReference.optional() }),
  /** output: where the training left its artefacts, s3://bucket/prefix */
  z.object({ runId: RunId, kind: z.literal('evaluate'), image: ImageReference.optional(), output: z.string() }),
]);
