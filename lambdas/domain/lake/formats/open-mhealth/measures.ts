import * as z from 'zod';
import declared from '../../../../../config/open-mhealth/measures.json' with { type: 'json' };
import { CONCEPTS } from '../../concepts.ts';

const concept = z.string().refine((name) => Object.hasOwn(CONCEPTS, name));
const Conversion = z.union([z.number(), z.strictObject({ minus: z.number(), times: z.number() })]);

const Measure = z.strictObject({
  concept,
  unit: z.string().describe('UCUM'),
  range: z.tuple([z.number(), z.number()]).describe('beyond it the value is impossible, in the UCUM unit'),
  perMinute: z
    .number()
    .positive()
    .optional()
    .describe(
      'a total of more than this in a minute of its interval is impossible, in the UCUM unit; of durations three times the interval, since the schemas’ own test data have 16 h in 10 h',
    ),
  isOverTime: z.boolean().default(false).describe('means something only with the length of its interval'),
  overADay: concept.optional().describe('what it is where the interval has 24 hours'),
  onlyUnits: z.array(z.string()).optional(),
  instead: z.strictObject({ by: z.array(z.string()), concepts: z.record(z.string(), concept) }).optional(),
});
export type Measure = z.infer<typeof Measure>;

const Declared = z
  .strictObject({ units: z.record(z.string(), z.record(z.string(), Conversion)), measures: z.record(z.string(), Measure) })
  .refine(({ units, measures }) => Object.values(measures).every(({ unit }) => Object.hasOwn(units, unit)));

const { units, measures } = Declared.parse(declared);

export const MEASURES: ReadonlyMap<string, Measure> = new Map(Object.entries(measures));

/** A value in the measure's own unit, or null where the unit is not one of it. */
export const converted = (value: number, from: string, { unit, onlyUnits }: Measure): number | null => {
  const conversion = Object.hasOwn(units[unit]!, from) && (onlyUnits?.includes(from) ?? true) ? units[unit]![from]! : null;
  if (conversion === null) return null;
  // 15 significant digits: what is left of a product of two decimal numbers in binary
  return Number((typeof conversion === 'number' ? value * conversion : (value - conversion.minus) * conversion.times).toPrecision(15));
};
