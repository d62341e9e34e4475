import { type TimePolicy, timeReader } from './read-time.ts';

/** Single rows may be wrong; so many, and more than a quarter of all, are of a source that sets them the other way. */
const LEAST_ROWS = 10;

const exchanged = (format: string): string => format.replaceAll(/M+|D+/g, (token) => (token.startsWith('M') ? 'D' : 'M').repeat(token.length));

export type DayMonthOrder = { see: (text: string, isRead: boolean) => void; problem: () => string | null };

/**
 * Watches a file's dates for days and months that stand the other way than the map has them: two of five of such dates (the days up to the
 * twelfth) could be read all the same, as other days.
 */
export const dayMonthOrder = ({ formats }: TimePolicy): DayMonthOrder => {
  const others = formats
    .filter((format) => /^[MD]/.test(format))
    .map(exchanged)
    .filter((format) => !formats.includes(format));
  const readOther = others.length === 0 ? null : timeReader({ formats: others, zoneless: 'local' });
  let rows = 0;
  let other = 0;
  return {
    see: (text, isRead) => {
      rows += 1;
      if (!isRead && readOther && !('reason' in readOther(text))) other += 1;
    },
    problem: () => (other >= LEAST_ROWS && other * 4 > rows ? `in ${other} of ${rows} rows day and month stand the other way: a map of the source must say ${others[0]}` : null),
  };
};
