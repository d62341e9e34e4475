import { cumulative } from './cumulative.ts';

/** Wasserstein-1 distance of two empirical distributions, in the values' unit: ∫ |F_a − F_b| (scipy.stats.wasserstein_distance). */
export const wasserstein = (a: readonly number[], b: readonly number[]): number => {
  let distance = 0;
  for (const { value, countA, countB, next } of cumulative(a, b)) if (next !== null) distance += Math.abs(countA / a.length - countB / b.length) * (next - value);
  return distance;
};
