import type { Row } from '../../local/bench.ts';

type Work = () => unknown;

const timed = async (work: Work): Promise<number> => {
  const started = performance.now();
  await work();
  return performance.now() - started;
};

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
};

/** Median milliseconds of both sides over the rounds, in alternation after one round that counts for nothing. */
export const alternate = async (rounds: number, ours: Work, peer: Work): Promise<{ ours: number; peers: number }> => {
  await ours();
  await peer();
  const [a, b]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    a.push(await timed(ours));
    b.push(await timed(peer));
  }
  return { ours: median(a), peers: median(b) };
};

/** To the runner, or, where a part is run alone, to the terminal. */
export const report = (row: Row): void => {
  if (process.send) process.send(row);
  else console.log(row);
};
