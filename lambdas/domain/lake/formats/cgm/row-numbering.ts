import type { StreamRow } from '../wearable/subject-streams.ts';

const LEAST_NUMBERED = 20;

/** Whether the keys of the subjects are growing numbers down one series of times. The latest readings of as many people are in no order of time. */
export const rowNumbering = (): { see: (row: StreamRow) => void; isOne: () => boolean } => {
  let before: StreamRow | null = null;
  let direction = 0;
  let rows = 0;
  let isOne = true;
  return {
    see: (row) => {
      rows += 1;
      const step: number = before === null ? 0 : Math.sign(row.order - before.order);
      if (rows === 2) direction = step;
      isOne &&= /^\d{1,9}$/.test(row.subject) && (before === null || (Number(row.subject) > Number(before.subject) && step !== 0 && step === direction));
      before = row;
    },
    isOne: () => isOne && rows >= LEAST_NUMBERED,
  };
};
