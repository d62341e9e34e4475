import * as z from 'zod';
import { MAP_BASE } from '../../map-base.ts';

/** An existing OMOP CDM 5.3 or 5.4: one file per table, CSV (comma or tab) or Parquet, told by its columns. */
export const OmopMap = z
  .strictObject({
    ...MAP_BASE,
    format: z.literal('omop-csv'),
    nullTokens: z.array(z.string()).describe('cells that say nothing, beside the empty one'),
    subject: z.enum(['person_id', 'person_source_value']).describe('the column of person that is the patient’s key in the namespace'),
    elsewhere: z
      .array(z.enum(['person', 'visit_occurrence', 'visit_detail']))
      .describe('tables whose rows may come in other uploads of this source: a reference to one that is not in the set is kept; else the row that refers is left out'),
    terms: z.array(z.string().regex(/^[^\d@]{1,50}$/)).describe('words that a *_source_value may keep, in any case; codes are told by their syntax, all else is dropped'),
  })
  .refine(({ subject, elsewhere }) => subject === 'person_id' || !elsewhere.includes('person'), {
    path: ['elsewhere'],
    error: 'must not name person where subject is person_source_value: only the person table has that column',
  });
export type OmopMap = z.infer<typeof OmopMap>;
