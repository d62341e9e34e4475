import type { Reason } from '../../../../../config/catalog/quarantine-reasons.ts';

/**
 * A row's moment: `clock` is the patient's clock as milliseconds since 1970 of a clock without zone; `order` is the instant where it is known,
 * else the clock; `hasHour` is false where the text is of a day alone.
 */
export type RowTime = { clock: number; order: number; hasHour: boolean };

export const NAMED_TIMES = ['iso8601', 'posix-seconds', 'posix-milliseconds'] as const;

const PARTS: Readonly<Record<string, string>> = {
  YYYY: '(?<year>\\d{4})',
  YY: '(?<year>\\d{2})',
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  DD: '(?<day>\\d{2})',
  D: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{2})',
  H: '(?<hour>\\d{1,2})',
  h: '(?<hour>\\d{1,2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})',
  A: '(?<half>AM|PM)',
};
const TOKEN = /YYYY|YY|MM|M|DD|D|HH|H|h|mm|ss|A|./g;
const ISO =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)(?:[T ](?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:[.,]\d+)?)?(?: ?(?<zone>Z|UTC|GMT|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?))?)?$/i;

const patternOf = (format: string): RegExp | null => {
  const tokens = format.match(TOKEN) ?? [];
  const names = tokens.map((token) => /<(\w+)>/.exec(PARTS[token] ?? '')?.[1]).filter((name) => name !== undefined);
  const isSound = ['year', 'month', 'day'].every((name) => names.includes(name)) && new Set(names).size === names.length && /^[\w\s/.,:-]+$/.test(format);
  return isSound ? new RegExp(`^${tokens.map((token) => PARTS[token] ?? token.replace(/[^\w\s]/g, '\\$&')).join('')}$`, 'i') : null;
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
    for (const pattern of patterns) {
      const parts = pattern.exec(text)?.groups;
      const clock = parts ? clockTime(parts) : null;
      if (clock === null) continue;
      if (!isPossible(clock)) return { reason: 'impossible-value' };
      const hasHour = parts!['hour'] !== undefined;
      const offset = offsetOf(parts!['zone']);
      if (offset === null) return zoneless === 'local' ? { clock, order: clock, hasHour } : { reason: 'no-time-zone' };
      return { clock: clockOf?.(clock - offset) ?? clock, order: clock - offset, hasHour };
    }
    return { reason: 'unparsable-date' };
  };
};

const POSIX = /^\d{1,14}(\.\d+)?$/;
const isPossible = (instant: number): boolean => instant >= FIRST && instant < LAST;

const clockTime = ({ year, month, day, hour, minute, second, half }: Record<string, string | undefined>): number | null => {
  let hours = Number(hour ?? 0);
  if (half !== undefined) {
    if (hours < 1 || hours > 12) return null;
    hours = (hours % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);
  }
  const parts = [year!.length === 2 ? 2000 + Number(year) : Number(year), Number(month) - 1, Number(day), hours, Number(minute ?? 0), Number(second ?? 0)] as const;
  const clock = Date.UTC(...parts);
  const date = new Date(clock);
  const isReal = date.getUTCMonth() === parts[1] && date.getUTCDate() === parts[2] && hours < 24 && parts[4] < 60 && parts[5] < 60;
  return isReal ? clock : null;
};

const offsetOf = (zone: string | undefined): number | null => {
  if (zone === undefined) return null;
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
