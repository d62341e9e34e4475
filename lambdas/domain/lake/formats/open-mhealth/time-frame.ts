import type { Finding } from '../../reading.ts';

/** When a measure was taken: local clock time where the document gives a moment; `minutes` is the length of an interval. */
export type When = { day: string; time: string | null; minutes: number | null };

const MOMENT = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d))?(?:\.\d+)?(?:([Zz])|([+-])(\d\d):?(\d\d)?)?$/;

type Moment = { day: string; time: string; instant: number; hasZone: boolean };

/** A date-time of RFC 3339; without a zone only where `timeZone` allows it. */
const momentOf = (text: unknown): Moment | null => {
  const match = typeof text === 'string' ? MOMENT.exec(text) : null;
  if (!match) return null;
  const [, day, hour, minute, second = '00', utc, sign, offsetHour = '0', offsetMinute = '0'] = match;
  const time = `${day}T${hour}:${minute}:${second === '60' ? '59' : second}`;
  const clock = Date.parse(`${time}Z`);
  if (Number.isNaN(clock) || new Date(clock).toISOString().slice(0, 10) !== day) return null;
  const offset = sign ? (sign === '-' ? -1 : 1) * (Number(offsetHour) * 60 + Number(offsetMinute)) : 0;
  return { day: day!, time, instant: clock - offset * 60_000, hasZone: utc !== undefined || sign !== undefined };
};

export const lacksZone = (text: unknown): boolean => momentOf(text)?.hasZone === false;

/** So long is a minute of each of the schemas' units of duration, in minutes (UCUM: a month is a twelfth of 365.25 days). */
const MINUTES: Readonly<Record<string, number>> = {
  ps: 1 / 6e13,
  ns: 1 / 6e10,
  us: 1 / 6e7,
  ms: 1 / 60_000,
  sec: 1 / 60,
  min: 1,
  h: 60,
  d: 1440,
  wk: 10_080,
  Mo: 43_830,
  yr: 525_960,
};

type Interval = { start_date_time?: unknown; end_date_time?: unknown; duration?: { value?: unknown; unit?: unknown }; date?: unknown };

const shifted = (moment: Moment, minutes: number): Moment | null => {
  const clock = Date.parse(`${moment.time}Z`) + minutes * 60_000;
  if (!(Math.abs(clock) < 8e14)) return null;
  const time = new Date(clock).toISOString().slice(0, 19);
  return { ...moment, time, day: time.slice(0, 10), instant: moment.instant + minutes * 60_000 };
};

const YEARS = [1900, 2100] as const;
const isPossible = ({ day }: { day: string }): boolean => Number(day.slice(0, 4)) >= YEARS[0] && Number(day.slice(0, 4)) < YEARS[1];

/** A valid body's time frame: null where it has none. An interval counts from its start; one that ends before it starts is a finding. */
export const readTimeFrame = (frame: unknown, field: string): { when: When | null; findings: Finding[] } => {
  const wrong = (at: string, reason: Finding['reason']) => ({ when: null, findings: [{ field: `${field}.${at}`, reason }] });
  if (typeof frame !== 'object' || frame === null) return { when: null, findings: [] };
  const { date_time: point, time_interval: interval } = frame as { date_time?: unknown; time_interval?: Interval };
  if (point !== undefined) {
    const moment = momentOf(point);
    if (!moment) return wrong('date_time', 'unparsable-date');
    return isPossible(moment) ? { when: { day: moment.day, time: moment.time, minutes: null }, findings: [] } : wrong('date_time', 'impossible-value');
  }
  if (!interval) return { when: null, findings: [] };
  if (interval.date !== undefined) {
    const day = String(interval.date);
    const moment = momentOf(`${day}T00:00:00Z`);
    if (!moment) return wrong('time_interval.date', 'unparsable-date');
    return isPossible(moment) ? { when: { day, time: null, minutes: null }, findings: [] } : wrong('time_interval.date', 'impossible-value');
  }
  const { value, unit } = interval.duration ?? {};
  const length = typeof value === 'number' && Object.hasOwn(MINUTES, String(unit)) ? value * MINUTES[String(unit)]! : null;
  if (length !== null && length < 0) return wrong('time_interval.duration', 'impossible-value');
  const end = momentOf(interval.end_date_time);
  const start = interval.start_date_time === undefined ? (end && length !== null ? shifted(end, -length) : null) : momentOf(interval.start_date_time);
  if (!start) return wrong('time_interval', 'unparsable-date');
  if (!isPossible(start)) return wrong('time_interval.start_date_time', 'impossible-value');
  if (end && end.instant < start.instant) return wrong('time_interval.end_date_time', 'contradictory-value');
  return { when: { day: start.day, time: start.time, minutes: end ? (end.instant - start.instant) / 60_000 : length }, findings: [] };
};

/** `PT1H30M`, a duration of ISO 8601. */
export const isoDuration = (minutes: number): string => {
  const seconds = Math.round(minutes * 60);
  const [hours, rest, left] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  return `PT${hours ? `${hours}H` : ''}${rest ? `${rest}M` : ''}${left || seconds === 0 ? `${left}S` : ''}`;
};
