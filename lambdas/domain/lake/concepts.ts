import * as z from 'zod';
import catalog from '../../../config/sources/concepts.json' with { type: 'json' };

const Concept = z.strictObject({
  title: z.string(),
  domain: z.enum(['Measurement', 'Drug', 'Condition', 'Observation']),
  vocabulary: z.enum(['LOINC', 'RxNorm', 'SNOMED', 'ATC', 'dbSNP', 'HGNC', 'None']),
  code: z.string(),
  conceptId: z.number().int().min(0).describe('OMOP standard concept; 0: none is known for sure'),
});

const Codes = z.record(z.string(), z.number().int().min(0));

const Catalog = z.strictObject({
  concepts: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,49}$/), Concept),
  person: z.strictObject({ gender: Codes, race: Codes, ethnicity: Codes }),
  units: Codes,
  recordType: z.strictObject({ title: z.string(), conceptId: z.number().int() }),
});

/** The one list of what a row can be about. A concept's name here is its `*_source_value` in OMOP rows, for every source alike. */
export const { concepts: CONCEPTS, person: PERSON_CONCEPTS, units: UNITS, recordType: RECORD_TYPE } = Catalog.parse(catalog);

type Domain = z.infer<typeof Concept>['domain'];

/** The standard concept of a name in a table's domain; 0 where the concept belongs to another domain (a drug's flag as an observation). */
export const conceptIdOf = (name: string, domain: Domain): number => {
  const concept = CONCEPTS[name];
  return concept?.domain === domain ? concept.conceptId : 0;
};

/** The catalog's word for a person's gender, race or ethnicity concept, or null. */
export const personConceptName = (field: keyof typeof PERSON_CONCEPTS, conceptId: number): string | null =>
  Object.entries(PERSON_CONCEPTS[field]).find(([, id]) => id === conceptId)?.[0] ?? null;
