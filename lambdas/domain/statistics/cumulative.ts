export type Step = { value: number; countA: number; countB: number; next: number | null };

/** The distinct values of two samples together, ascending: how many of each are at or below, and the next value. */
export function* cumulative(a: readonly number[], b: readonly number[]): Generator<Step> {
  const [x, y] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()];
  const nextOf = (i: number, j: number): number => Math.min(x[i] ?? Number.POSITIVE_INFINITY, y[j] ?? Number.POSITIVE_INFINITY);
  let [i, j] = [0, 0];
  while (i < x.length || j < y.length) {
    const value = nextOf(i, j);
    while (x[i] === value) i++;
    while (y[j] === value) j++;
    yield { value, countA: i, countB: j, next: i < x.length || j < y.length ? nextOf(i, j) : null };
  }
}
