import type { Reason } from '../../../../../config/catalog/quarantine-reasons.ts';

const DATE = String.raw`\d{4}-\d{2}-\d{2}`;
const CLOCK = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?`;
const ZONE = String.raw`(?:[+-](?:0\d|1[0-4]):[0-5]\d|Z)?`;
const PARTIAL_TIME = String.raw`(?:[01]\d|2[0-3])(?::[0-5]\d(?::[0-5]\d(?:\.\d+)?)?)?`;
const PARTIAL_DATE = String.raw`\d{4}(?:-\d{2}(?:-\d{2})?)?`;
/** A component that is not known is one dash. */
const INCOMPLETE_DATE = String.raw`(?:\d{4}|-)-(?:\d{2}|-)-(?:\d{2}|-)`;
const INCOMPLETE_TIME = String.raw`(?:[01]\d|2[0-3]|-):(?:[0-5]\d|-):(?:[0-5]\d(?:\.\d+)?|-)`;
const DURATION = [String.raw`-?P(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?`, String.raw`[+-]?P\d+W`];
const PARTIAL_DATETIME = [PARTIAL_DATE, `${DATE}T${PARTIAL_TIME}${ZONE}`];
const either = (patterns: string[]): string => `(?:${patterns.join('|')})`;
const whole = (...patterns: string[]): RegExp => new RegExp(`^${either(patterns)}$`);

const DECIMAL = String.raw`[+-]?(?:\d+(?:\.\d*)?|\.\d+)`;

/** Allowed strings of each data type; a type that is not here takes any. ODM 1.3.2, section 2.13 (Data Formats) and its schema. */
const PATTERNS: Readonly<Record<string, { pattern: RegExp; groupsOf?: number; reason: Reason }>> = {
  integer: { pattern: /^[+-]?\d+$/, reason: 'unparsable-number' },
  float: { pattern: whole(DECIMAL), reason: 'unparsable-number' },
  decimal: { pattern: whole(DECIMAL), reason: 'unparsable-number' },
  double: { pattern: /^[+-]?\d+(?:\.\d+)?(?:[DdEe][+-]\d+)?$/, reason: 'unparsable-number' },
  boolean: { pattern: /^(?:true|false|1|0)$/, reason: 'wrong-type' },
  hexBinary: { pattern: /^[0-9A-Fa-f]*$/, groupsOf: 2, reason: 'wrong-type' },
  hexFloat: { pattern: /^(?:[0-9A-Fa-f]{2}){1,16}$/, reason: 'wrong-type' },
  base64Binary: { pattern: /^[A-Za-z0-9+/]*={0,2}$/, groupsOf: 4, reason: 'wrong-type' },
  base64Float: { pattern: /^[A-Za-z0-9+/]{1,16}={0,2}$/, groupsOf: 4, reason: 'wrong-type' },
  date: { pattern: whole(DATE), reason: 'unparsable-date' },
  time: { pattern: whole(`${CLOCK}${ZONE}`), reason: 'unparsable-date' },
  datetime: { pattern: whole(`${DATE}T${CLOCK}${ZONE}`), reason: 'unparsable-date' },
  partialDate: { pattern: whole(PARTIAL_DATE), reason: 'unparsable-date' },
  partialTime: { pattern: whole(`${PARTIAL_TIME}${ZONE}`), reason: 'unparsable-date' },
  partialDatetime: { pattern: whole(...PARTIAL_DATETIME), reason: 'unparsable-date' },
  incompleteDate: { pattern: whole(INCOMPLETE_DATE, PARTIAL_DATE), reason: 'unparsable-date' },
  incompleteTime: { pattern: whole(`${INCOMPLETE_TIME}(?:${ZONE}|-)`, `${PARTIAL_TIME}${ZONE}`), reason: 'unparsable-date' },
  incompleteDatetime: { pattern: whole(`${INCOMPLETE_DATE}T${INCOMPLETE_TIME}(?:${ZONE}|-)`, ...PARTIAL_DATETIME), reason: 'unparsable-date' },
  durationDatetime: { pattern: whole(...DURATION), reason: 'unparsable-date' },
  intervalDatetime: {
    pattern: whole(`${either(PARTIAL_DATETIME)}/${either([...PARTIAL_DATETIME, ...DURATION])}`, `${either(DURATION)}/${either(PARTIAL_DATETIME)}`),
    reason: 'unparsable-date',
  },
};

/** Why a value is none of its data type; null: it is one. */
export const dataTypeProblem = (value: string, dataType: string): Reason | null => {
  const type = PATTERNS[dataType];
  if (!type) return null;
  const text = type.groupsOf === 4 ? value.replaceAll(/\s+/g, '') : value;
  if (!type.pattern.test(text) || text.length % (type.groupsOf ?? 1) !== 0) return type.reason;
  return type.reason === 'unparsable-date' && !value.split('/').every(isOfCalendar) ? 'unparsable-date' : null;
};

/** 2014-02-31 has the form of a date, and is none. What is not known cannot be wrong. */
const isOfCalendar = (value: string): boolean => {
  const known = /^(\d{4}|-)-(\d{2}|-)(?:-(\d{2}|-))?(?:T|$)/.exec(value);
  if (!known) return true;
  const month = known[2] === '-' ? null : Number(known[2]);
  const day = known[3] === undefined || known[3] === '-' ? null : Number(known[3]);
  if (month !== null && (month < 1 || month > 12)) return false;
  if (day === null) return true;
  // where they are not known: a leap year, a month of 31 days
  const year = known[1] === '-' ? 2000 : Number(known[1]);
  return day >= 1 && day <= new Date(Date.UTC(year, month ?? 1, 0)).getUTCDate();
};

const NUMERIC = new Set(['integer', 'float', 'decimal', 'double']);
/** Values of these compare as numbers; all others as text, which orders ISO 8601 dates as well. */
export const isNumeric = (dataType: string): boolean => NUMERIC.has(dataType);

export const numberOf = (value: string): number => Number(value.replace(/[Dd]/, 'E'));
