import type { Reason } from '../../../../../config/catalog/quarantine-reasons.ts';

/**
 * A row's moment: `clock` is the patient's clock as milliseconds since 1970 of a clock without zone; `order` is the instant where it is known,
 * else the clock; `hasHour` is false where the text is of a day alone.
 */
export type RowTime = { clock: number; order: number; hasHour: boolean };

export const NAMED_TIMES = ['iso8601', 'posix-seconds', 'posix-milliseconds'] as const;

const PARTS: Readonly<Record<string, { part: Part; pattern: string }>> = {
  YYYY: { part: 'year', pattern: '(\\d{4})' },
  YY: { part: 'year', pattern: '(\\d{2})' },
  MM: { part: 'month', pattern: '(\\d{2})' },
  M: { part: 'month', pattern: '(\\d{1,2})' },
  DD: { part: 'day', pattern: '(\\d{2})' },
  D: { part: 'day', pattern: '(\\d{1,2})' },
  HH: { part: 'hour', pattern: '(\\d{2})' },
  H: { part: 'hour', pattern: '(\\d{1,2})' },
  h: { part: 'hour', pattern: '(\\d{1,2})' },
  mm: { part: 'minute', pattern: '(\\d{2})' },
  ss: { part: 'second', pattern: '(\\d{2})' },
  A: { part: 'half', pattern: '(AM|PM)' },
};
const TOKEN = /YYYY|YY|MM|M|DD|D|HH|H|h|mm|ss|A|./g;
type Part = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'half' | 'zone';
/** Where each part is among a pattern's groups, which have no names: an object of named ones is made for every text. 0: it is not there. */
type Pattern = { text: RegExp; at: Readonly<Record<Part, number>> };

const patternFrom = (text: RegExp, parts: readonly Part[]): Pattern => {
  const at = (part: Part): number => parts.indexOf(part) + 1;
  return { text, at: { year: at('year'), month: at('month'), day: at('day'), hour: at('hour'), minute: at('minute'), second: at('second'), half: at('half'), zone: at('zone') } };
};

const ISO = patternFrom(/^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?: ?(Z|UTC|GMT|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?))?)?$/i, [
  ...(['year', 'month', 'day', 'hour', 'minute', 'second', 'zone'] as const),
]);

const patternOf = (format: string): Pattern | null => {
  const tokens = format.match(TOKEN) ?? [];
  const parts = tokens.flatMap((token) => PARTS[token]?.part ?? []);
  const isSound = (['year', 'month', 'day'] as const).every((part) => parts.includes(part)) && new Set(parts).size === parts.length && /^[\w\s/.,:-]+$/.test(format);
  return isSound ? patternFrom(new RegExp(`^${tokens.map((token) => PARTS[token]?.pattern ?? token.replace(/[^\w\s]/g, '\\$&')).join('')}$`, 'i'), parts) : null;
};

export const isTimeFormat = (format: string): boolean => (NAMED_TIMES as readonly string[]).includes(format) || patternOf(format) !== null;

/** Whether a name is one of a time zone (IANA). */
export const isTimeZone = (zone: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }) !== null;
  } catch {
    return false;
  }
};

/** `zoneless`: a text without a zone is left out, or is the patient's clock. `clock`: the zone that the patient lives in, for times that are instants. */
export type TimePolicy = { formats: readonly string[]; zoneless: 'refused' | 'local'; clock?: string | undefined };

/** Instants before and after which no wearable's row lies. */
const FIRST = Date.UTC(1970, 0, 2);
const LAST = Date.UTC(2100, 0, 1);

/** Makes a reader of the times of a column: the first format that fits. */
export const timeReader = ({ formats, zoneless, clock: zone }: TimePolicy): ((text: string) => RowTime | { reason: Reason }) => {
  const patterns = formats.filter((format) => !format.startsWith('posix-')).map((format) => (format === 'iso8601' ? ISO : patternOf(format)!));
  // what is possible as one of the two is not as the other
  const posix = [...(formats.includes('posix-seconds') ? [1000] : []), ...(formats.includes('posix-milliseconds') ? [1] : [])];
  const clockOf = zone === undefined ? null : zoneClock(zone);
  return (text) => {
    if (posix.length > 0 && POSIX.test(text)) {
      const instant = posix.map((milliseconds) => Math.round(Number(text) * milliseconds)).find(isPossible);
      return instant !== undefined ? { clock: clockOf?.(instant) ?? instant, order: instant, hasHour: true } : { reason: 'impossible-value' };
    }
    for (const { text: pattern, at } of patterns) {
      const groups = pattern.exec(text);
      if (groups === null) continue;
      const day = dayOf(groups[at.year]!, groups[at.month]!, groups[at.day]!);
      const clock = day === null ? null : clockTime(day, part(groups, at.hour), part(groups, at.minute), part(groups, at.second), part(groups, at.half));
      if (clock === null) continue;
      if (!isPossible(clock)) return { reason: 'impossible-value' };
      const hasHour = part(groups, at.hour) !== undefined;
      const offset = offsetOf(part(groups, at.zone));
      if (offset === null) return zoneless === 'local' ? { clock, order: clock, hasHour } : { reason: 'no-time-zone' };
      return { clock: clockOf?.(clock - offset) ?? clock, order: clock - offset, hasHour };
    }
    return { reason: 'unparsable-date' };
  };
};

const POSIX = /^\d{1,14}(\.\d+)?$/;
const isPossible = (instant: number): boolean => instant >= FIRST && instant < LAST;

const part = (groups: RegExpExecArray, at: number): string | undefined => (at === 0 ? undefined : groups[at]);

/** Midnight of a date; null: there is none. */
const dayOf = (year: string, month: string, day: string): number | null => {
  const { known } = lastDay;
  if (known.day === day && known.month === month && known.year === year) return known.midnight;
  const midnight = Date.UTC(year.length === 2 ? 2000 + Number(year) : Number(year), Number(month) - 1, Number(day));
  const date = new Date(midnight);
  const isReal = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  lastDay.known = { year, month, day, midnight: isReal ? midnight : null };
  return lastDay.known.midnight;
};
/** Neighbouring rows are mostly of one day. */
const lastDay: { known: { year: string; month: string; day: string; midnight: number | null } } = { known: { year: '', month: '', day: '', midnight: null } };

const clockTime = (midnight: number, hour: string | undefined, minute: string | undefined, second: string | undefined, half: string | undefined): number | null => {
  let hours = Number(hour ?? 0);
  if (half !== undefined) {
    if (hours < 1 || hours > 12) return null;
    hours = (hours % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);
  }
  const [minutes, seconds] = [Number(minute ?? 0), Number(second ?? 0)];
  return hours < 24 && minutes < 60 && seconds < 60 ? midnight + ((hours * 60 + minutes) * 60 + seconds) * 1000 : null;
};

const offsetOf = (zone: string | undefined): number | null => {
  if (zone === undefined) return null;
  if (zone === 'Z') return 0;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  return sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
};

const QUARTER_HOUR = 900_000;

/** The clock of a zone at an instant. Offsets change on quarters of an hour only: one is asked for and remembered per quarter. */
const zoneClock = (zone: string): ((instant: number) => number) => {
  if (zone === 'UTC') return (instant) => instant;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  let quarter = Number.NaN;
  let offset = 0;
  return (instant) => {
    const at = Math.floor(instant / QUARTER_HOUR);
    if (at !== quarter) {
      quarter = at;
      const start = at * QUARTER_HOUR;
      const parts = Object.fromEntries(format.formatToParts(start).map(({ type, value }) => [type, Number(value)])) as Record<string, number>;
      offset = Date.UTC(parts['year']!, parts['month']! - 1, parts['day'], parts['hour'], parts['minute'], parts['second']) - start;
    }
    return instant + offset;
  };
};
