import * as z from 'zod';
import { SourceName } from '../../contracts/upload.ts';

/** What a draft says for the key that only its reader knows. */
export const KEY_TO_BE_WRITTEN = 'the patient’s key';

/** The one patient of all rows. A draft's words left as they are would make one person of every patient. */
export const onePatient = z.strictObject({
  is: z
    .string()
    .min(1)
    .refine((key) => key !== KEY_TO_BE_WRITTEN, { error: `must be the patient’s own key, not “${KEY_TO_BE_WRITTEN}” as the draft has it` }),
});

/** What every source map says, whatever its format. */
export const MAP_BASE = {
  name: SourceName,
  title: z.string(),
  version: z.string().describe('goes up whenever the map would make other rows'),
  citation: z.string(),
  namespace: SourceName.describe('subjects with the same key under the same namespace are the same person'),
  terms: z
    .array(z.string().regex(/^[^\d@]{1,50}$/))
    .optional()
    .describe('words of the source’s own codes and terms, in any case: they are no names. What is of no vocabulary and holds another word is kept as a keyed hash'),
};
