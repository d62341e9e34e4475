import { type TimePolicy, timeReader } from './read-time.ts';

/** One row may be wrong by itself; more are of a source that sets them the other way, where no row is sure of the contrary. */
const ALONE = 1;
/** Single rows may be wrong; so many, and more than a quarter of all, are of a source that sets them the other way, even if others are sure. */
const LEAST_ROWS = 10;

const exchanged = (format: string): string => format.replaceAll(/M+|D+/g, (token) => (token.startsWith('M') ? 'D' : 'M').repeat(token.length));

export type DayMonthOrder = { see: (text: string, isRead: boolean) => void; problem: () => string | null };

/**
 * Watches a file's dates for days and months that stand the other way than the map has them: two of five of such dates (the days up to the
 * twelfth) could be read all the same, as other days. One that can be read in no other way says so, unless another says the contrary.
 */
export const dayMonthOrder = ({ formats }: TimePolicy): DayMonthOrder => {
  const said = formats.filter((format) => /^[MD]/.test(format) && !formats.includes(exchanged(format)));
  const others = said.map(exchanged);
  const reads = (formats: readonly string[]): ((text: string) => boolean) => {
    const readTime = timeReader({ formats, zoneless: 'local' });
    return (text) => !('reason' in readTime(text));
  };
  const readsAsSaid = reads(said);
  const readsOther = reads(others);
  let rows = 0;
  let other = 0;
  let isSure = false;
  return {
    see: (text, isRead) => {
      // dates of other formats cannot be read the other way
      if (said.length === 0) return;
      rows += 1;
      if (!isRead && readsOther(text)) other += 1;
      // a date of another format, as 2026-03-02, says nothing of these
      else if (isRead && !isSure) isSure = readsAsSaid(text) && !readsOther(text);
    },
    problem: () =>
      (other > ALONE && !isSure) || (other >= LEAST_ROWS && other * 4 > rows)
        ? `in ${other} of ${rows} rows day and month stand the other way: a map of the source must say ${others[0]}`
        : null,
  };
};
