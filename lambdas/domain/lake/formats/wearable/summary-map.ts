import * as z from 'zod';
import { CONCEPTS } from '../../concepts.ts';
import { isTimeFormat, isTimeZone, NAMED_TIMES } from './read-time.ts';

const oneOf = (names: readonly string[]): string => `must be one of ${names.join(', ')}`;

export const concept = z.string().refine((name) => Object.hasOwn(CONCEPTS, name), { error: 'must be a concept of config/sources/concepts.json' });
export const range = z.tuple([z.number(), z.number()]).refine(([low, high]) => low < high, { error: 'must be [low, high] with low < high' });

const bounds = z
  .strictObject({ atLeast: z.number().optional(), above: z.number().optional(), atMost: z.number().optional(), below: z.number().optional() })
  .refine((each) => Object.keys(each).length > 0, { error: 'must say atLeast, above, atMost or below' });

const statistics = ['mean', 'sd', 'min', 'max', 'sum', 'count', 'share', 'coverage', 'longest-gap'] as const;

/** What is said of the readings of an hour or a day. Windows are of the patient's clock; one that spans two files is summarised in each. */
export const SummaryMap = z
  .strictObject({
    window: z.enum(['hour', 'day']),
    statistic: z
      .enum(statistics, { error: oneOf(statistics) })
      .describe('share: % of the readings within the range; coverage: % of the expected readings that are there; longest-gap: minutes'),
    concept,
    unit: z.string().describe('UCUM'),
    within: bounds.optional(),
  })
  .refine(({ statistic, within }) => statistic !== 'share' || within !== undefined, { error: 'a share is of a range: "within" must say it' });

export const formats = z
  .array(z.string().refine(isTimeFormat, { error: `must be ${NAMED_TIMES.join(', ')}, or a pattern of YYYY, YY, MM, M, DD, D, HH, H, h, mm, ss, A and separators` }))
  .min(1);

export const TimeMap = {
  formats,
  zoneless: z.enum(['refused', 'local']).describe('a time without a zone: its row is left out, or it is the patient’s clock'),
  clock: z
    .string()
    .refine(isTimeZone, { error: 'must be a time zone of the IANA database, as Europe/Vienna or UTC' })
    .optional()
    .describe('the zone in which the patients live: days and hours of instants are counted by it; else by the offset that a time says, or UTC'),
};

export const order = z
  .enum(['ascending', 'descending', 'either', 'any'])
  .describe('of the times of a subject’s rows; either: as its first rows go; any: nothing is checked but duplicates');
export const keep = z.enum(['raw', 'summaries', 'both']);
export const encoding = z.enum(['utf-8', 'windows-1252', 'iso-8859-15']).default('utf-8').describe('of files without a byte order mark of UTF-16');
