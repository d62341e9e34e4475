/** Counts of the same classes in the reference and in the window. */
export type Counts = { reference: number[]; window: number[] };

/** Population stability index, Σ (p − q) ln(p / q) over classes: p in the window, q in the reference. 0 where the shares are the same. */
export const populationStability = (counts: Counts): number => overShares(counts, (p, q) => (p - q) * Math.log(p / q));

/** Kullback–Leibler divergence of the window from the reference, Σ p ln(p / q), in nats. */
export const kullbackLeibler = (counts: Counts): number => overShares(counts, (p, q) => p * Math.log(p / q));

/**
 * Half a count is added to every class (Jeffreys' prior of a multinomial), so that a class that is empty on one side has a finite ratio;
 * a class that is empty on both is left out.
 */
const overShares = ({ reference, window }: Counts, term: (p: number, q: number) => number): number => {
  const classes = reference.map((count, index) => [count + 0.5, window[index]! + 0.5] as const).filter(([q, p]) => q + p > 1);
  const [totalQ, totalP] = classes.reduce(([a, b], [q, p]) => [a + q, b + p], [0, 0]);
  return classes.reduce((sum, [q, p]) => sum + term(p / totalP, q / totalQ), 0);
};

/** Counts between the reference's deciles; the outer classes are open, and deciles that coincide are one cut. Both samples need a value. */
export const countsByDecile = (reference: readonly number[], window: readonly number[]): Counts => {
  const sorted = Float64Array.from(reference).sort();
  const cuts = [...new Set(DECILES.map((share) => sorted[Math.floor(share * sorted.length)]!))];
  const count = (values: readonly number[]): number[] => {
    const counts = new Array<number>(cuts.length + 1).fill(0);
    for (const value of values) counts[cuts.filter((cut) => value >= cut).length]!++;
    return counts;
  };
  return { reference: count(reference), window: count(window) };
};

const DECILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
