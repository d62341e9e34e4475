import * as z from 'zod';
import { MAP_BASE, onePatient } from '../../map-base.ts';
import { SummaryMap, TimeMap, encoding, keep, order, range } from '../wearable/summary-map.ts';

const columns = z.array(z.string().min(1)).min(1).describe('the first of these that the file has');
const limit = z.strictObject({ words: z.array(z.string().min(1)), value: z.number().positive().describe('mg/dL') });

export const CgmMap = z
  .strictObject({
    ...MAP_BASE,
    format: z.literal('cgm'),
    encoding,
    columns: z
      .strictObject({
        subject: z.union([columns, onePatient]).describe('is: the file does not say whose it is, and all of it is this patient’s'),
        time: columns,
        timeOfDay: columns.optional().describe('where the column of the time has the date alone: the two are read with a space between'),
        glucose: columns,
        unit: columns.optional(),
      })
      .describe('other columns are not kept'),
    rows: z
      .strictObject({ column: z.string().min(1), values: z.array(z.string()).min(1) })
      .optional()
      .describe('the rows that are readings; rows of another kind (alarms, calibrations, meals) are passed over'),
    nullTokens: z.array(z.string()).default([]),
    time: z.strictObject(TimeMap),
    unit: z.enum(['mg/dL', 'mmol/L']).describe('where the file has no column of units'),
    device: z.strictObject({
      intervalMinutes: z.number().positive(),
      low: limit.describe('what the device says instead of a value below its range'),
      high: limit.describe('what it says above'),
    }),
    possible: range.describe('mg/dL; beyond it the value is impossible'),
    order,
    keep,
    summaries: z.array(SummaryMap).default([]).describe('of values in mg/dL'),
  })
  .refine(({ order, summaries }) => order !== 'any' || summaries.length === 0, { error: 'summaries need rows in order: ascending, descending or either', path: ['order'] });
export type CgmMap = z.infer<typeof CgmMap>;
