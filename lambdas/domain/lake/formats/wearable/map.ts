import * as z from 'zod';
import { MAP_BASE, onePatient } from '../../map-base.ts';
import type { TimePolicy } from './read-time.ts';
import { SummaryMap, TimeMap, concept, encoding, formats, keep, order, range } from './summary-map.ts';

const column = z.string().min(1).max(200);

/** What a column's numbers are. `times` makes the UCUM unit of the concept from the column's own. */
const Measure = z
  .strictObject({
    concept: concept.optional().describe('the concept of a raw row; none: only summaries are made'),
    unit: z.string().describe('UCUM, after `times`'),
    times: z.number().positive().default(1),
    from: z.string().optional().describe('the column’s own unit, where it is another'),
    range: range.describe('beyond it the value is impossible, in the column’s own unit'),
    integer: z.boolean().default(false),
    columns: z.number().int().min(2).max(60).optional().describe('a column per minute of the hour: `Steps` stands for Steps00 to Steps59'),
    agreesWith: z.strictObject({ column, times: z.number(), within: z.number().positive() }).optional().describe('another column that says the same in another unit'),
    intervalSeconds: z.number().positive().default(60).describe('between two readings, as the device makes them'),
    summaries: z.array(SummaryMap).default([]),
  })
  .refine(({ concept, summaries }) => concept !== undefined || summaries.length > 0, { error: 'must say a concept, or summaries' });
export type Measure = z.infer<typeof Measure>;

const Table = z
  .strictObject({
    title: z.string(),
    subject: z.union([column, onePatient]).describe('is: the table does not say whose it is, and all of it is this patient’s'),
    time: z.strictObject({
      column,
      ofDay: column.optional().describe('a column of the time of day, where the other has the date alone: the two are read with a space between'),
      ...TimeMap,
      formats: formats.optional().describe('none: those that the map has for all tables'),
      hour: z.enum(['required', 'optional']).default('required').describe('of a timed table’s row; optional: a day alone is a day'),
    }),
    isTimed: z.boolean().describe('false: a row is of a whole day'),
    order,
    keep: keep.default('raw'),
    selfReported: z
      .strictObject({ column, values: z.array(z.string()).min(1) })
      .optional()
      .describe('rows that the person entered by hand'),
    measures: z.record(column, Measure),
    drop: z.record(column, z.string().min(5)).default({}).describe('columns that are not kept, and why'),
  })
  .refine(({ order, measures }) => order !== 'any' || Object.values(measures).every(({ summaries }) => summaries.length === 0), {
    error: 'summaries need rows in order: ascending, descending or either',
    path: ['order'],
  });
export type WearableTable = z.infer<typeof Table>;

/** Tables of a tracker's export: which one a file is, its column names say. */
export const WearableCsvMap = z
  .strictObject({
    ...MAP_BASE,
    format: z.literal('wearable-csv'),
    encoding,
    nullTokens: z.array(z.string()).default([]),
    timeFormats: z.strictObject({ day: formats, moment: formats }).optional().describe('of tables that say none of their own: without and with an hour'),
    tables: z.record(z.string().regex(/^[a-z][a-z0-9-]{1,60}$/), Table),
  })
  .refine(({ timeFormats, tables }) => timeFormats !== undefined || Object.values(tables).every(({ time }) => time.formats !== undefined), {
    error: 'must say the formats of the tables that say none of their own',
    path: ['timeFormats'],
  });
export type WearableCsvMap = z.infer<typeof WearableCsvMap>;

/** How a table writes its times. A day may be written with an hour, which says nothing of it. */
export const timePolicyOf = ({ time, isTimed }: WearableTable, { timeFormats }: WearableCsvMap): TimePolicy => {
  const { day, moment } = timeFormats ?? { day: [], moment: [] };
  return { ...time, formats: time.formats ?? (isTimed && time.hour === 'required' ? moment : [...day, ...moment]) };
};

/** The columns of a measure: itself, or one per minute. */
export const columnsOf = (name: string, { columns }: Measure): string[] =>
  columns === undefined ? [name] : Array.from({ length: columns }, (_, at) => `${name}${String(at).padStart(2, '0')}`);

/** Every column that a table's file has. */
export const headerOf = ({ subject, time, selfReported, measures, drop }: WearableTable): string[] => [
  ...new Set([
    ...(typeof subject === 'string' ? [subject] : []),
    time.column,
    ...(time.ofDay ? [time.ofDay] : []),
    ...(selfReported ? [selfReported.column] : []),
    ...Object.entries(measures).flatMap(([name, measure]) => columnsOf(name, measure)),
    ...Object.keys(drop),
  ]),
];
