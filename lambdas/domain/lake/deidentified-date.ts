import { createHmac } from 'node:crypto';

export type DeidentificationProfile = 'safe-harbor' | 'date-shift';

const DAY_MS = 86_400_000;
const dayNumber = (date: string): number => {
  const at = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== date) throw new RangeError('a date must be a day of the calendar, YYYY-MM-DD');
  return at / DAY_MS;
};

/**
 * By how many days Safe Harbor (45 CFR 164.514(b)(2)(i)(C)) moves a person's dates: it keeps no element of a date but the year. Kept: the
 * year of the person's first contact and the days since; as OMOP dates these are counted from 1 January of that year, so that intervals
 * are exact and no day is real. In -365..0.
 */
export const safeHarborShiftDays = (firstContact: string): number => dayNumber(`${firstContact.slice(0, 4)}-01-01`) - dayNumber(firstContact);

/** Safe Harbor's one class of age: 90 years and over. */
export const OLDEST_YEARS = 90;

/** Whole weeks, so that weekdays stay; at most half a year, so that seasons stay near; never none. */
const MAX_SHIFT_WEEKS = 26;

/**
 * The patient's own shift in days, keyed: a multiple of 7 in −182..182 without 0. Shifted dates are not Safe Harbor: for use under an
 * expert determination (45 CFR 164.514(b)(1)). Intervals are exact.
 */
export const dateShiftDays = (secret: Uint8Array, subject: string): number => {
  const draw = createHmac('sha256', secret).update(`date-shift:${subject}`).digest().readUIntBE(0, 6) % (2 * MAX_SHIFT_WEEKS);
  const weeks = draw < MAX_SHIFT_WEEKS ? draw - MAX_SHIFT_WEEKS : draw - MAX_SHIFT_WEEKS + 1;
  return weeks * 7;
};
