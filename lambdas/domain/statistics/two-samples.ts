import gammainc from '@stdlib/math-base-special-gammainc';

const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** Walks the distinct values of two samples together, with the share of each at or below. */
const cumulative = (a: readonly number[], b: readonly number[], visit: (value: number, shareA: number, shareB: number, next: number | undefined) => void): void => {
  const [x, y] = [ascending(a), ascending(b)];
  let i = 0;
  let j = 0;
  while (i < x.length || j < y.length) {
    const value = Math.min(x[i] ?? Number.POSITIVE_INFINITY, y[j] ?? Number.POSITIVE_INFINITY);
    while (i < x.length && x[i] === value) i++;
    while (j < y.length && y[j] === value) j++;
    const next = i < x.length || j < y.length ? Math.min(x[i] ?? Number.POSITIVE_INFINITY, y[j] ?? Number.POSITIVE_INFINITY) : undefined;
    visit(value, i / x.length, j / y.length, next);
  }
};

/** Survival function of Kolmogorov's distribution: Q(t) = 2 Σ (−1)^(k−1) exp(−2 k² t²). */
const kolmogorovSurvival = (t: number): number => {
  if (t < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k++) {
    const term = Math.exp(-2 * k * k * t * t);
    sum += k % 2 === 1 ? term : -term;
    if (term < 1e-16) break;
  }
  return Math.min(1, Math.max(0, 2 * sum));
};

/** Two-sample Kolmogorov–Smirnov: D, and its asymptotic two-sided p (scipy.stats.ks_2samp, method "asymp"). */
export const kolmogorovSmirnov = (a: readonly number[], b: readonly number[]): { statistic: number; p: number } => {
  let statistic = 0;
  cumulative(a, b, (_, shareA, shareB) => (statistic = Math.max(statistic, Math.abs(shareA - shareB))));
  // scipy's asymptotic form: kstwo's limit at the effective size
  return { statistic, p: kolmogorovSurvival(Math.sqrt((a.length * b.length) / (a.length + b.length)) * statistic) };
};

/** Wasserstein-1 distance of two empirical distributions, in the values' unit (scipy.stats.wasserstein_distance). */
export const wasserstein = (a: readonly number[], b: readonly number[]): number => {
  let distance = 0;
  cumulative(a, b, (value, shareA, shareB, next) => {
    if (next !== undefined) distance += Math.abs(shareA - shareB) * (next - value);
  });
  return distance;
};

/** Pearson's chi-square of a 2 × k table of counts, without continuity correction; columns that are empty in both rows are left out. */
export const chiSquare = (a: readonly number[], b: readonly number[]): { statistic: number; degrees: number; p: number } => {
  const columns = a.map((count, index) => [count, b[index] ?? 0] as const).filter(([x, y]) => x + y > 0);
  const [totalA, totalB] = [columns.reduce((sum, [x]) => sum + x, 0), columns.reduce((sum, [, y]) => sum + y, 0)];
  const total = totalA + totalB;
  const degrees = columns.length - 1;
  if (degrees < 1 || totalA === 0 || totalB === 0) return { statistic: 0, degrees: Math.max(degrees, 0), p: 1 };
  let statistic = 0;
  for (const [x, y] of columns) {
    const share = (x + y) / total;
    statistic += (x - totalA * share) ** 2 / (totalA * share) + (y - totalB * share) ** 2 / (totalB * share);
  }
  return { statistic, degrees, p: chiSquareSurvival(statistic, degrees) };
};

/** P(χ² with `degrees` degrees of freedom > x), by the regularised upper incomplete gamma function. */
export const chiSquareSurvival = (x: number, degrees: number): number => (x <= 0 ? 1 : gammainc(x / 2, degrees / 2, true, true));

/** Half a count is added to each class, so that an empty class has a finite ratio (Jeffreys’ prior of a multinomial). */
const shares = (counts: readonly number[]): number[] => {
  const total = counts.reduce((sum, count) => sum + count + 0.5, 0);
  return counts.map((count) => (count + 0.5) / total);
};

/** Population stability index of class counts, Σ (p − q) ln(p / q); under 0.1 stable, over 0.2 shifted by the usual reading. */
export const populationStability = (reference: readonly number[], current: readonly number[]): number => {
  const [q, p] = [shares(reference), shares(current)];
  return p.reduce((sum, share, index) => sum + (share - q[index]!) * Math.log(share / q[index]!), 0);
};

/** Kullback–Leibler divergence of the current class shares from the reference's, in nats. */
export const kullbackLeibler = (reference: readonly number[], current: readonly number[]): number => {
  const [q, p] = [shares(reference), shares(current)];
  return p.reduce((sum, share, index) => sum + share * Math.log(share / q[index]!), 0);
};

/** Counts per class cut at the reference's deciles (fewer where values repeat); outer classes are open. */
export const decileCounts = (reference: readonly number[], current: readonly number[]): [number[], number[]] => {
  const sorted = ascending(reference);
  const cuts = [...new Set([1, 2, 3, 4, 5, 6, 7, 8, 9].map((decile) => sorted[Math.floor((decile * sorted.length) / 10)]!))];
  const count = (values: readonly number[]) => {
    const counts = new Array<number>(cuts.length + 1).fill(0);
    for (const value of values) {
      const index = cuts.findIndex((cut) => value < cut);
      counts[index === -1 ? cuts.length : index]!++;
    }
    return counts;
  };
  return [count(reference), count(current)];
};
