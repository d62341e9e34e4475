import * as z from 'zod';
import { CONCEPTS, PERSON_CONCEPTS, UNITS } from './concepts.ts';
import { MAP_BASE } from './map-base.ts';

const oneOf = (names: string[]) => `must be one of ${names.join(', ')}`;
const concept = z.string().refine((name) => Object.hasOwn(CONCEPTS, name), { error: oneOf(Object.keys(CONCEPTS)) });
const unit = z.string().refine((name) => Object.hasOwn(UNITS, name), { error: oneOf(Object.keys(UNITS)) });

/** Values beyond the bounds are impossible in this unit: a typing error or another unit. */
const range = z.tuple([z.number(), z.number()]).refine(([low, high]) => low < high, { error: 'must be [low, high] with low < high' });

const makes = <T extends string>(...tables: [T, ...T[]]) =>
  z.array(z.strictObject({ table: z.enum(tables), concept, when: z.literal(1).optional().describe('only for a flag: make the row when it is 1') }));

/** How one column is read, and the OMOP rows its value makes. `makes: []`: checked, not kept. */
export const SourceColumn = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('drop'), because: z.string().min(5) }),
  z.strictObject({ type: z.literal('key') }),
  z.strictObject({ type: z.literal('site'), pattern: z.string() }),
  z.strictObject({
    type: z.literal('person'),
    field: z.enum(['gender', 'race', 'ethnicity']),
    codes: z.record(z.string(), z.string()),
    nullTokens: z.array(z.string()).default([]),
  }),
  z.strictObject({ type: z.literal('age'), makes: makes('observation') }),
  z.strictObject({ type: z.literal('number'), unit, range, makes: makes('measurement', 'observation', 'drug_exposure') }),
  z.strictObject({ type: z.literal('interval'), unit, range, makes: makes('observation') }),
  z.strictObject({ type: z.literal('flag'), makes: makes('observation', 'drug_exposure', 'condition_occurrence') }),
  z.strictObject({
    type: z.literal('codes'),
    codes: z.record(z.string(), concept),
    either: z.record(concept, z.array(z.string()).min(2)).default({}).describe('a concept that stands for any of these codes, also when the source does not say which'),
    makes: z.array(z.enum(['observation', 'condition_occurrence'])),
  }),
  z.strictObject({ type: z.literal('starDiplotype'), starAlleles: range.describe('first and last star allele that is defined'), makes: makes('measurement') }),
  z.strictObject({ type: z.literal('snpGenotype'), alleles: z.array(z.enum(['A', 'C', 'G', 'T'])).length(2), makes: makes('measurement') }),
]);
export type SourceColumn = z.infer<typeof SourceColumn>;
export type ColumnOf<T extends SourceColumn['type']> = Extract<SourceColumn, { type: T }>;

/** One row per patient: every column of the file is read, or dropped with a reason; one that is not described is an error. */
export const PatientRowsMap = z
  .strictObject({
    ...MAP_BASE,
    format: z.literal('csv'),
    cohortReference: z.string().optional().describe('the published cohort that these data are, where published results are to be reproduced on them'),
    nullTokens: z.array(z.string()),
    indexDate: z.strictObject({ constant: z.iso.date(), because: z.string() }),
    columns: z.record(z.string(), SourceColumn),
  })
  .superRefine((map, context) => {
    const count = (type: SourceColumn['type']) => Object.values(map.columns).filter((column) => column.type === type).length;
    for (const type of ['key', 'site', 'age'] as const) {
      if (count(type) !== 1) context.addIssue({ code: 'custom', path: ['columns'], message: `must hold exactly one column of type ${type}, holds ${count(type)}` });
    }
    for (const [name, column] of Object.entries(map.columns)) {
      if (column.type === 'person') {
        const allowed = Object.keys(PERSON_CONCEPTS[column.field]);
        for (const [code, value] of Object.entries(column.codes)) {
          if (!allowed.includes(value)) context.addIssue({ code: 'custom', path: ['columns', name, 'codes', code], message: oneOf(allowed) });
        }
      }
      if (column.type === 'codes') {
        for (const [group, codes] of Object.entries(column.either)) {
          for (const code of codes)
            if (!Object.hasOwn(column.codes, code)) context.addIssue({ code: 'custom', path: ['columns', name, 'either', group], message: oneOf(Object.keys(column.codes)) });
        }
      }
    }
  });
export type PatientRowsMap = z.infer<typeof PatientRowsMap>;

/** The header of the source's own files; a file may have the columns in another order. */
export const headerOf = (map: PatientRowsMap): string[] => Object.keys(map.columns);
