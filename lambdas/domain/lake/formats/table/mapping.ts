import * as z from 'zod';
import { CONCEPTS, PERSON_CONCEPTS } from '../../concepts.ts';
import { isDateFormat, NAMED_FORMATS } from './read-date.ts';
import { RECORD_TYPES } from './type-concepts.ts';
import { QUANTITIES, ucumOf } from './units.ts';

/** The language in which a source says what its tables' rows become. Columns and tables are named whatever their case. */

const oneOf = (names: readonly string[]): string => `must be one of ${names.join(', ')}`;
const among = (names: readonly string[]) => z.string().refine((name) => names.includes(name), { error: oneOf(names) });
const column = z.string().min(1).max(200);
const pattern = z.string().refine(
  (text) => {
    try {
      return new RegExp(text, 'u') !== null;
    } catch {
      return false;
    }
  },
  { error: 'must be a regular expression' },
);
const decimal = z.enum(['.', ',']).default('.').describe('the sign before a fraction, in cells that are text');
const range = z.tuple([z.number(), z.number()]).refine(([low, high]) => low < high, { error: 'must be [low, high] with low < high' });
const ucum = z.string().refine((unit) => ucumOf(unit) === unit, { error: 'must be a UCUM code of config/sources/units.json' });

const Codelist = z.strictObject({
  source: z.string().min(3),
  extensible: z.boolean().default(false).describe('a source may use further codes: they are no violation, and are not kept'),
  codes: z.array(z.string()).min(1),
});

/** How a cell is read. What a column of a codelist, a pattern, a range or a format does not allow leaves the record out. */
const Column = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), pattern: pattern.optional(), required: z.boolean().default(false) }),
  z.strictObject({ type: z.literal('code'), list: z.string(), required: z.boolean().default(false) }),
  z.strictObject({
    type: z.literal('number'),
    decimal,
    range: range.optional(),
    integer: z.boolean().default(false),
    comparators: z.boolean().default(false).describe('`<5` and `>=400` are numbers with an operator'),
    words: z
      .record(z.string(), z.strictObject({ operator: z.enum(['<', '>']), value: z.number() }))
      .default({})
      .describe('words for a value beyond what a device measures'),
    required: z.boolean().default(false),
  }),
  z
    .strictObject({ type: z.literal('result'), decimal, list: z.string().optional() })
    .describe('a number, also with an operator, or one of the list’s terms; other words are free text and dropped'),
  z.strictObject({
    type: z.literal('date'),
    formats: z
      .array(z.string().refine(isDateFormat, { error: `must be ${NAMED_FORMATS.join(', ')}, or a pattern of YYYY, MMM, MM, M, DD, D, HH, H, hh, h, mm, ss, A and separators` }))
      .min(1)
      .default(['iso8601']),
    orText: z.boolean().default(false).describe('what is no date is a description, and dropped'),
    required: z.boolean().default(false),
  }),
  z.strictObject({ type: z.literal('drop'), because: z.string().min(5) }),
]);
export type Column = z.infer<typeof Column>;

const target = {
  concept: among(Object.keys(CONCEPTS)).optional().describe('a concept of config/sources/concepts.json'),
  vocabulary: z.string().optional(),
  code: z.string().optional(),
  quantity: among(Object.keys(QUANTITIES)).optional().describe('what is measured: its standard unit and what is possible'),
};
type Targeted = { concept?: string | undefined; vocabulary?: string | undefined; code?: string | undefined };
const isTarget = ({ concept, vocabulary, code }: Targeted): boolean =>
  concept === undefined ? vocabulary !== undefined && code !== undefined : vocabulary === undefined && code === undefined;
const Target = z.strictObject(target).refine((each) => isTarget(each) || (each.quantity !== undefined && !each.concept && !each.vocabulary && !each.code), {
  error: 'must say a concept, or a vocabulary and a code, or a quantity alone',
});
export type Target = z.infer<typeof Target>;

/** The values that let a row be made; null: the column is empty, "*": it is not. */
const When = z.record(column, z.union([z.literal('*'), z.array(z.union([z.string(), z.null()])).min(1)], { error: 'must be "*" or a list of values, null for an empty cell' }));

/** What a row is about: the first of these that the record has. Without a column: always the same. */
const About = z
  .strictObject({
    when: When.optional(),
    column: column.optional(),
    codes: z
      .string()
      .optional()
      .describe('a list of `targets` for the column’s values in upper case; another is kept as it is, with concept 0 where the vocabulary does not know it'),
    ...target,
  })
  .refine((about) => (about.column === undefined ? isTarget(about) && about.codes === undefined : about.concept === undefined && about.code === undefined), {
    error: 'must say a concept, or a vocabulary and a code; or a column, with a vocabulary or codes for its values',
  });
export type About = z.infer<typeof About>;

/** When: the first of these that the record has. A study day counts from a date of the subject; `precision: unknown` says that the date stands for want of another. */
const Timing = z.union(
  [
    column,
    z.strictObject({ day: column, from: column }),
    z.strictObject({ subject: column, precision: z.literal('unknown').optional() }),
    z.strictObject({ column, precision: z.literal('unknown') }),
  ],
  { error: 'must be a column, {"day", "from"}, {"subject"} or {"column", "precision": "unknown"}' },
);
export type Timing = z.infer<typeof Timing>;
const timings = z.array(Timing).min(1);

const Value = z
  .strictObject({ column, unit: column.optional(), ucum: ucum.optional() })
  .refine((value) => value.unit === undefined || value.ucum === undefined, { error: 'must say a unit column or a UCUM code, not both' });

const event = {
  when: When.optional(),
  about: z.array(About).min(1),
  date: timings,
  type: z.enum(RECORD_TYPES),
  visit: z.boolean().default(false).describe('links to the subject’s visit'),
};
const measured = {
  value: z.array(Value).default([]),
  original: z.strictObject({ value: column.optional(), unit: column.optional() }).optional().describe('the columns of the value and unit as collected'),
};
const coded = (field: keyof typeof PERSON_CONCEPTS) => z.strictObject({ column, codes: z.record(z.string(), among(Object.keys(PERSON_CONCEPTS[field]))).default({}) });

const Row = z.discriminatedUnion('table', [
  z.strictObject({ table: z.literal('measurement'), ...event, ...measured, low: column.optional(), high: column.optional() }),
  z.strictObject({ table: z.literal('observation'), ...event, ...measured, qualifier: column.optional() }),
  z.strictObject({ table: z.literal('condition_occurrence'), ...event, end: timings.optional(), status: column.optional() }),
  z.strictObject({ table: z.literal('drug_exposure'), ...event, end: timings.optional(), dose: Value.optional(), route: column.optional() }),
  z.strictObject({ table: z.literal('procedure_occurrence'), ...event, end: timings.optional() }),
  z.strictObject({ table: z.literal('device_exposure'), ...event, end: timings.optional() }),
  z.strictObject({ table: z.literal('visit_occurrence'), ...event, end: timings.optional(), careSite: column.optional() }),
  z.strictObject({
    table: z.literal('person'),
    when: When.optional(),
    gender: coded('gender'),
    race: coded('race').optional(),
    ethnicity: coded('ethnicity').optional(),
    born: z
      .array(
        z.union([z.strictObject({ date: column }), z.strictObject({ age: column, unit: column.optional(), on: timings })], { error: 'must be {"date"} or {"age", "unit", "on"}' }),
      )
      .default([]),
    careSite: column.optional(),
  }),
  z.strictObject({ table: z.literal('death'), when: When.optional(), date: timings, type: z.enum(RECORD_TYPES) }),
  z.strictObject({ table: z.literal('observation_period'), when: When.optional(), date: timings, end: timings, type: z.enum(RECORD_TYPES) }),
  z.strictObject({ table: z.literal('care_site'), when: When.optional(), site: column }),
]);
export type Row = z.infer<typeof Row>;
export type RowOf<T extends Row['table']> = Extract<Row, { table: T }>;

const TableMap = z.strictObject({
  title: z.string(),
  record: z.array(column).min(1).describe('the columns that name a record: said again, it supersedes'),
  subject: column,
  site: column.optional(),
  columns: z.record(column, Column),
  otherColumns: z.enum(['drop', 'refuse']).default('refuse').describe('a column that is not described: dropped, or the file is refused'),
  order: z
    .array(z.tuple([column, column]))
    .default([])
    .describe('dates of which the first is not after the second'),
  optional: z.array(column).default([]).describe('columns that a file may lack; with otherColumns drop: all but those of the record and the subject'),
  rows: z.array(Row),
});
export type TableMap = z.infer<typeof TableMap>;

export const TableMapping = z
  .strictObject({
    nullTokens: z.array(z.string()).default([]).describe('cells that say nothing, besides empty ones'),
    tableFrom: column.optional().describe('the column that names the table, where a file has it; else the dataset’s own name'),
    subjects: z
      .strictObject({ table: z.string(), key: column, dates: z.array(column) })
      .optional()
      .describe('a table with dates of subjects that rows of others refer to'),
    visits: z
      .strictObject({ table: z.string(), record: z.array(column).min(1), by: z.array(column).min(1).optional() })
      .refine(({ record, by }) => by === undefined || by.length === record.length, { error: 'by must have as many columns as record' })
      .optional()
      .describe('the table of visits and the columns that name one, in it and in rows of others; `by`: the columns of others, where they have other names'),
    codelists: z.record(z.string(), Codelist).default({}),
    targets: z.record(z.string(), z.record(z.string(), Target)).default({}).describe('what codes stand for, by lists that rows name'),
    tables: z.record(z.string().min(1), TableMap).refine((tables) => Object.keys(tables).length > 0, { error: 'must describe a table' }),
  })
  .superRefine((mapping, context) => {
    const issue = (path: (string | number)[], message: string): void => context.addIssue({ code: 'custom', path, message });
    const tables = Object.keys(mapping.tables);
    if (mapping.subjects && !mapping.tables[mapping.subjects.table]) issue(['subjects', 'table'], oneOf(tables));
    if (mapping.visits && !mapping.tables[mapping.visits.table]) issue(['visits', 'table'], oneOf(tables));
    else if (mapping.visits && String(mapping.tables[mapping.visits.table]!.record) !== String(mapping.visits.record))
      issue(['visits', 'record'], `must be the record of that table: ${mapping.tables[mapping.visits.table]!.record.join(', ')}`);
    for (const [name, table] of Object.entries(mapping.tables)) {
      const columns = Object.entries(table.columns).filter(([, { type }]) => type !== 'drop');
      const names = columns.map(([each]) => each);
      const path = ['tables', name];
      for (const [each, described] of columns) {
        if ('list' in described && described.list !== undefined && !Object.hasOwn(mapping.codelists, described.list))
          issue([...path, 'columns', each, 'list'], oneOf(Object.keys(mapping.codelists)));
      }
      const need = (each: string | undefined, at: (string | number)[], type?: Column['type']): void => {
        if (each === undefined) return;
        if (!names.includes(each)) issue([...path, ...at], oneOf(names));
        else if (type && table.columns[each]!.type !== type)
          issue([...path, ...at], `must be a column of type ${type}: ${names.filter((other) => table.columns[other]!.type === type).join(', ')}`);
      };
      const when = (conditions: Record<string, unknown> | undefined, at: (string | number)[]): void => {
        for (const each of Object.keys(conditions ?? {})) need(each, [...at, 'when']);
      };
      const timed = (list: readonly Timing[] | undefined, at: (string | number)[]): void => {
        for (const [index, timing] of (list ?? []).entries()) {
          if (typeof timing === 'string') need(timing, [...at, index], 'date');
          else if ('column' in timing) need(timing.column, [...at, index, 'column'], 'date');
          else {
            if ('day' in timing) need(timing.day, [...at, index, 'day'], 'number');
            const date = 'day' in timing ? timing.from : timing.subject;
            if (!mapping.subjects?.dates.includes(date)) issue([...path, ...at, index], oneOf(mapping.subjects?.dates ?? ['(mapping.subjects.dates is not set)']));
          }
        }
      };
      for (const [index, each] of table.record.entries()) need(each, ['record', index]);
      need(table.subject, ['subject']);
      need(table.site, ['site']);
      for (const [index, each] of table.optional.entries()) if (!Object.hasOwn(table.columns, each)) issue([...path, 'optional', index], oneOf(Object.keys(table.columns)));
      for (const [index, pair] of table.order.entries()) for (const each of pair) need(each, ['order', index], 'date');
      for (const [index, row] of table.rows.entries()) {
        const at = ['rows', index];
        when(row.when, at);
        if ('about' in row) {
          for (const [place, about] of row.about.entries()) {
            need(about.column, [...at, 'about', place, 'column']);
            if (about.codes !== undefined && !Object.hasOwn(mapping.targets, about.codes)) issue([...path, ...at, 'about', place, 'codes'], oneOf(Object.keys(mapping.targets)));
            when(about.when, [...at, 'about', place]);
          }
        }
        if ('date' in row) timed(row.date, [...at, 'date']);
        if ('end' in row) timed(row.end, [...at, 'end']);
        if ('value' in row) {
          for (const [place, value] of row.value.entries()) {
            need(value.column, [...at, 'value', place, 'column']);
            need(value.unit, [...at, 'value', place, 'unit']);
          }
          need(row.original?.value, [...at, 'original', 'value']);
          need(row.original?.unit, [...at, 'original', 'unit']);
        }
        if (row.table === 'measurement') for (const bound of ['low', 'high'] as const) need(row[bound], [...at, bound]);
        if (row.table === 'observation') need(row.qualifier, [...at, 'qualifier']);
        if (row.table === 'condition_occurrence') need(row.status, [...at, 'status']);
        if (row.table === 'drug_exposure') {
          need(row.dose?.column, [...at, 'dose', 'column']);
          need(row.dose?.unit, [...at, 'dose', 'unit']);
          need(row.route, [...at, 'route']);
        }
        if (row.table === 'person') {
          for (const field of ['gender', 'race', 'ethnicity'] as const) need(row[field]?.column, [...at, field, 'column']);
          for (const [place, born] of row.born.entries()) {
            if ('date' in born) need(born.date, [...at, 'born', place, 'date'], 'date');
            else {
              need(born.age, [...at, 'born', place, 'age'], 'number');
              need(born.unit, [...at, 'born', place, 'unit']);
              timed(born.on, [...at, 'born', place, 'on']);
            }
          }
        }
        if ('careSite' in row) need(row.careSite, [...at, 'careSite']);
        if (row.table === 'care_site') need(row.site, [...at, 'site']);
      }
    }
  });
export type TableMapping = z.infer<typeof TableMapping>;
