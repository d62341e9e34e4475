import type { Finding } from '../../reading.ts';
import type { Timing } from './mapping.ts';
import { dayOfStudyDay, type Moment } from './read-date.ts';
import { type RecordCells, cellAt } from './read-record.ts';

/** A subject's dates from the table of subjects, by column. */
export type SubjectDates = ReadonlyMap<string, string>;

/** The first of the times that the record has; null: none. */
export const resolveTiming = (timings: readonly Timing[], cells: RecordCells, dates: SubjectDates | undefined, findings: Finding[]): Moment | null => {
  for (const timing of timings) {
    const moment = momentOf(timing, cells, dates, findings);
    if (moment) return moment;
  }
  return null;
};

const momentOf = (timing: Timing, cells: RecordCells, dates: SubjectDates | undefined, findings: Finding[]): Moment | null => {
  if (typeof timing === 'string' || 'column' in timing) {
    const cell = cellAt(cells, typeof timing === 'string' ? timing : timing.column);
    if (cell.kind !== 'date') return null;
    return typeof timing === 'string' ? cell.moment : { ...cell.moment, precision: timing.precision };
  }
  if ('day' in timing) {
    const cell = cellAt(cells, timing.day);
    if (cell.kind !== 'number') return null;
    if (cell.number === 0 || !Number.isInteger(cell.number) || Math.abs(cell.number) > LONGEST_DAYS) {
      findings.push({ field: timing.day, reason: 'impossible-value' });
      return null;
    }
    const reference = dates?.get(timing.from);
    return reference === undefined ? null : dayMoment(dayOfStudyDay(reference, cell.number), 'day');
  }
  const date = dates?.get(timing.subject);
  return date === undefined ? null : dayMoment(date, timing.precision ?? 'day');
};

/** A life. */
const LONGEST_DAYS = 45_000;

const dayMoment = (day: string, precision: Moment['precision']): Moment => ({ day, time: null, last: day, precision });

/** The column that is named where none of the times is there. */
export const firstColumn = (timings: readonly Timing[]): string => {
  const [first] = timings as [Timing];
  return typeof first === 'string' ? first : 'column' in first ? first.column : 'day' in first ? first.day : first.subject;
};
