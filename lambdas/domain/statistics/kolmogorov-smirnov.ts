import { cumulative } from './cumulative.ts';

/** Above this many lattice points the exact p takes longer than it is worth: the limit is then off by less than 1 % of p. */
const EXACT_POINTS = 4_000_000;

export type KolmogorovSmirnov = { statistic: number; p: number };

/**
 * Two-sample Kolmogorov–Smirnov, two-sided: D = max |F_a − F_b| and its p (scipy.stats.ks_2samp). Exact up to EXACT_POINTS = n_a · n_b,
 * else Kolmogorov's limit. Ties make it conservative. Both samples need at least one value.
 */
export const kolmogorovSmirnov = (a: readonly number[], b: readonly number[]): KolmogorovSmirnov => {
  const [m, n] = [a.length, b.length];
  // in units of 1 / (m n), so that D is a whole number
  let distance = 0;
  for (const { countA, countB } of cumulative(a, b)) distance = Math.max(distance, Math.abs(countA * n - countB * m));
  const statistic = distance / (m * n);
  return { statistic, p: m * n <= EXACT_POINTS ? exactP(m, n, distance) : kolmogorovSurvival(Math.sqrt((m * n) / (m + n)) * statistic) };
};

/**
 * The share of lattice paths from (0, 0) to (m, n) that meet a point with |i n − j m| ≥ distance: P(D ≥ d) without ties
 * (Hodges JL, Ark Mat 1958;3:469-86). The share of the paths to (i, j) that come by (i − 1, j) is i / (i + j); all terms are positive, so
 * that small values keep their digits. Only the band of points that are nearer is walked; outside of it the share is 1.
 */
const exactP = (m: number, n: number, distance: number): number => {
  if (distance === 0) return 1;
  const share = new Float64Array(n + 1).fill(1);
  let left = 0;
  for (let i = 0; i <= m; i++) {
    const first = Math.max(0, Math.floor((i * n - distance) / m) + 1);
    const last = Math.min(n, Math.ceil((i * n + distance) / m) - 1);
    share.fill(1, left, first);
    left = first;
    for (let j = first; j <= last; j++) share[j] = i + j === 0 ? 0 : (i * share[j]! + (j === 0 ? 0 : j * share[j - 1]!)) / (i + j);
  }
  return share[n]!;
};

/** Kolmogorov's limit (scipy.special.kolmogorov): P(√(mn/(m+n)) D > t) → 2 Σ (−1)^(k−1) exp(−2 k² t²). */
export const kolmogorovSurvival = (t: number): number => {
  if (t < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k <= 40; k++) sum += (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * t * t);
  return Math.min(1, Math.max(0, 2 * sum));
};
