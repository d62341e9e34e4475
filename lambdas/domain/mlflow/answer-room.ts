/** A function answers at most 6 MB, in which the body is text within JSON: each quote in it takes two bytes. Bytes, less what frames it. */
const ROOM = 6_000_000;

const bytesOf = (answer: unknown): number => Buffer.byteLength(JSON.stringify(JSON.stringify(answer)));

/** Whether one more of a list's members still fits into the answer. The first always does. */
export const fitting = <T>(answer: (item: T) => unknown): ((item: T) => boolean) => {
  let left = ROOM;
  let first = true;
  return (item) => {
    left -= bytesOf(answer(item));
    const fits = first || left >= 0;
    first = false;
    return fits;
  };
};

/** How many members fit that are no longer than this one. */
export const roomFor = (longest: unknown): number => Math.max(1, Math.floor(ROOM / (bytesOf(longest) + 1)));
