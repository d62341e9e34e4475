/**
 * FHIR's primitive types as patterns that both JavaScript and the columnar engine (RE2) read
 * (https://www.hl7.org/fhir/R4/datatypes.html).
 */
const YEAR = '(?:[0-9](?:[0-9](?:[0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)';
const MONTH = '(?:0[1-9]|1[0-2])';
const DAY = '(?:0[1-9]|[12][0-9]|3[01])';
const CLOCK = String.raw`(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?`;
const ZONE = '(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))';

export const PATTERNS = {
  id: '[A-Za-z0-9.-]{1,64}',
  code: '[^ \t\r\n\f]+(?:[ \t\r\n\f][^ \t\r\n\f]+)*',
  uri: '[^ \t\r\n\f]+',
  date: `${YEAR}(?:-${MONTH}(?:-${DAY})?)?`,
  dateTime: `${YEAR}(?:-${MONTH}(?:-${DAY}(?:T${CLOCK}${ZONE})?)?)?`,
  instant: `${YEAR}-${MONTH}-${DAY}T${CLOCK}${ZONE}`,
  time: CLOCK,
} as const;

const WHOLE: Readonly<Record<keyof typeof PATTERNS, RegExp>> = Object.fromEntries(
  Object.entries(PATTERNS).map(([type, pattern]) => [type, new RegExp(`^(?:${pattern})$`)]),
) as never;

export const isOf = (type: keyof typeof PATTERNS, value: unknown): value is string => typeof value === 'string' && WHOLE[type].test(value);

/** A date or dateTime whose day, where it tells one, is in the calendar. */
export const isCalendarDate = (type: 'date' | 'dateTime' | 'instant', value: unknown): value is string => {
  if (!isOf(type, value)) return false;
  if (value.length < 10) return true;
  const day = value.slice(0, 10);
  const at = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === day;
};

/**
 * Whether a period ends before it starts, as far as both say: instants where both have a time, else the part of the calendar that both
 * tell.
 */
export const endsBefore = (start: string, end: string): boolean => {
  if (start.includes('T') && end.includes('T')) return Date.parse(withoutLeapSecond(end)) < Date.parse(withoutLeapSecond(start));
  const told = Math.min(start.length, end.length, 10);
  return end.slice(0, told) < start.slice(0, told);
};

const withoutLeapSecond = (at: string): string => at.replace(/:60/, ':59');
