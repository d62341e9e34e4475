import { KeySet } from '../../key-set.ts';
import type { StreamRow } from '../wearable/subject-streams.ts';

const LEAST_NUMBERED = 20;
/** A time said twice or a number out of place makes no people of the others. */
const SHARE = 0.9;

/**
 * Whether the keys of the subjects are new, growing numbers down one series of times. The latest readings of as many people are in no order
 * of time; people who are read in turn come again.
 */
export const rowNumbering = (): { see: (row: StreamRow) => void; isOne: () => boolean } => {
  const seen = new KeySet();
  let before: StreamRow | null = null;
  let rows = 0;
  let later = 0;
  let earlier = 0;
  return {
    see: (row) => {
      rows += 1;
      const isNew = row.subject !== before?.subject && NUMBER.test(row.subject) && seen.add(row.subject) === true;
      if (before !== null && isNew && Number(row.subject) > Number(before.subject)) {
        if (row.order > before.order) later += 1;
        if (row.order < before.order) earlier += 1;
      }
      before = row;
    },
    isOne: () => rows >= LEAST_NUMBERED && Math.max(later, earlier) >= SHARE * (rows - 1),
  };
};

const NUMBER = /^\d{1,9}$/;
