import type { Reason } from '../../../../../config/catalog/quarantine-reasons.ts';

/** What is known of a moment. A partial one stands for the first day that it can be; `last` is the last. */
export type Moment = {
  /** `YYYY-MM-DD` */
  day: string;
  /** `YYYY-MM-DDTHH:MM:SS` in local time as the source has it, where the time is known to the minute */
  time: string | null;
  last: string;
  precision: 'year' | 'month' | 'day' | 'time' | 'unknown';
};

export type DateReading = { moment: Moment } | { moment: null } | { reason: Reason };

const bad: DateReading = { reason: 'unparsable-date' };
const nothing: DateReading = { moment: null };

const ISO =
  /^(?<year>\d{4}|-)(?:-(?<month>\d{2}|-)(?:-(?<day>\d{2}|-))?)?(?:T(?<hour>\d{2}|-)(?::(?<minute>\d{2}|-)(?::(?<second>\d{2}|-)(?:[.,]\d{1,9})?)?)?(?<zone>Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)?)?$/;

/**
 * ISO 8601 as SDTM uses it (SDTMIG 3.4, section 4.4.2): cut off at the right where less is known, one dash for a part in the middle that is
 * not, two moments with `/` for a span in which it lies. Without its year it says no day.
 */
export const readIsoDate = (text: string): DateReading => {
  const before = remembered.get(text);
  if (before) return before;
  if (text.length > LONGEST) return bad;
  if (remembered.size === REMEMBERED) remembered.clear();
  const reading = readIso(text);
  remembered.set(text, reading);
  return reading;
};

/** Two moments with fractions and zones. */
const LONGEST = 100;
/** Rows that follow one another have the same days. */
const REMEMBERED = 10_000;
const remembered = new Map<string, DateReading>();

const readIso = (text: string): DateReading => {
  if (text.includes('/')) {
    const [first, last, more] = text.split('/').map(readIsoDate);
    if (!first || !last || more || 'reason' in first || 'reason' in last) return bad;
    if (!first.moment || !last.moment) return nothing;
    return last.moment.last < first.moment.day ? bad : { moment: { ...first.moment, last: last.moment.last } };
  }
  const parts = ISO.exec(text)?.groups;
  if (!parts || text === '-' || text.endsWith('T')) return bad;
  const [year, month, day, hour, minute, second] = (['year', 'month', 'day', 'hour', 'minute', 'second'] as const).map((name) => known(parts[name]));
  return momentOf({ year: year ?? null, month: month ?? null, day: day ?? null, hour: hour ?? null, minute: minute ?? null, second: second ?? null });
};

const known = (part: string | undefined): number | null => (part === undefined || part === '-' ? null : Number(part));

type Parts = Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number | null>;

const two = (value: number): string => String(value).padStart(2, '0');
const dayOf = (year: number, month: number, day: number): string => `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

const momentOf = ({ year, month, day, hour, minute, second }: Parts): DateReading => {
  if (month !== null && (month < 1 || month > 12)) return bad;
  // where they are not known: a leap year, a month of 31 days
  if (day !== null && (day < 1 || day > daysIn(year ?? 2000, month ?? 1))) return bad;
  if ((hour ?? 0) > 23 || (minute ?? 0) > 59 || (second ?? 0) > 59) return bad;
  if (year === null) return nothing;
  if (year < FIRST_YEAR || year > LAST_YEAR) return bad;
  const first = dayOf(year, month ?? 1, day ?? 1);
  const last = dayOf(year, month ?? 12, day ?? daysIn(year, month ?? 12));
  if (month === null || day === null) return { moment: { day: first, time: null, last, precision: month === null ? 'year' : 'month' } };
  if (hour === null || minute === null) return { moment: { day: first, time: null, last, precision: 'day' } };
  return { moment: { day: first, time: `${first}T${two(hour)}:${two(minute)}:${two(second ?? 0)}`, last, precision: 'time' } };
};

/** No patient of a source was born before, no record lies beyond. */
const FIRST_YEAR = 1850;
const LAST_YEAR = 2200;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** Parts of a date's pattern, as in `DD-MMM-YYYY` or `M/D/YYYY h:mm:ss A`. */
const PARTS: Readonly<Record<string, string>> = {
  YYYY: '(?<year>\\d{4})',
  MMM: `(?<name>${MONTHS.join('|')})`,
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  DD: '(?<day>\\d{2})',
  D: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{2})',
  H: '(?<hour>\\d{1,2})',
  hh: '(?<hour>\\d{2})',
  h: '(?<hour>\\d{1,2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})',
  A: '(?<half>AM|PM)',
};
const TOKEN = /YYYY|MMM|MM|M|DD|D|HH|H|hh|h|mm|ss|A|./g;

export const NAMED_FORMATS = ['iso8601', 'posix-seconds', 'posix-milliseconds'] as const;

const patterns = new Map<string, RegExp | null>();
const patternOf = (format: string): RegExp | null => {
  const before = patterns.get(format);
  if (before !== undefined) return before;
  const tokens = format.match(TOKEN) ?? [];
  const names = tokens.map((token) => /<(\w+)>/.exec(PARTS[token] ?? '')?.[1]);
  const of = (name: string): number => names.filter((each) => each === name).length;
  const sound =
    of('year') === 1 && of('month') + of('name') === 1 && of('day') === 1 && ['hour', 'minute', 'second', 'half'].every((name) => of(name) <= 1) && /^[\w\s/.,:-]+$/.test(format);
  const pattern = sound ? new RegExp(`^${tokens.map((token) => PARTS[token] ?? token.replace(/[^\w\s]/g, '\\$&')).join('')}$`, 'i') : null;
  patterns.set(format, pattern);
  return pattern;
};

export const isDateFormat = (format: string): boolean => (NAMED_FORMATS as readonly string[]).includes(format) || patternOf(format) !== null;

/** A date in one of the formats, the first that fits. A POSIX time is that of UTC. */
export const readDate = (text: string, formats: readonly string[]): DateReading => {
  let reading: DateReading = bad;
  for (const format of formats) {
    reading = format === 'iso8601' ? readIsoDate(text) : format.startsWith('posix-') ? readPosix(text, format === 'posix-seconds' ? 1000 : 1) : readPattern(text, format);
    if (!('reason' in reading)) return reading;
  }
  return reading;
};

const readPosix = (text: string, milliseconds: number): DateReading => {
  if (!/^\d{1,16}(\.\d+)?$/.test(text)) return bad;
  const at = new Date(Math.floor(Number(text)) * milliseconds);
  return Number.isNaN(at.getTime()) ? bad : readIsoDate(at.toISOString().slice(0, 19));
};

const readPattern = (text: string, format: string): DateReading => {
  const found = patternOf(format)?.exec(text)?.groups;
  if (!found) return bad;
  const { year, month, name, day, hour, minute, second, half } = found;
  let hours = hour === undefined ? null : Number(hour);
  if (half !== undefined && hours !== null) {
    if (hours < 1 || hours > 12) return bad;
    hours = (hours % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);
  }
  return momentOf({
    year: Number(year),
    month: name === undefined ? Number(month) : MONTHS.indexOf(name.toLowerCase()) + 1,
    day: Number(day),
    hour: hours,
    minute: minute === undefined ? null : Number(minute),
    second: second === undefined ? null : Number(second),
  });
};

const DAY_MS = 86_400_000;

/** The day of a study day (SDTMIG 3.4, section 4.4.4): day 1 is the reference day, the day before is −1, there is no day 0. */
export const dayOfStudyDay = (reference: string, studyDay: number): string =>
  new Date(Date.parse(`${reference}T00:00:00Z`) + (studyDay > 0 ? studyDay - 1 : studyDay) * DAY_MS).toISOString().slice(0, 10);
