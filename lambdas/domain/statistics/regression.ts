import cdf from '@stdlib/stats-base-dists-normal-cdf';

export type Slope = { slope: number; standardError: number; n: number };

/** Ordinary least squares of y on x: the slope and its standard error; null where x does not vary or n < 3. */
export const slope = (x: readonly number[], y: readonly number[]): Slope | null => {
  const n = x.length;
  if (n < 3) return null;
  const [meanX, meanY] = [mean(x), mean(y)];
  const sxx = x.reduce((sum, value) => sum + (value - meanX) ** 2, 0);
  if (sxx === 0) return null;
  const sxy = x.reduce((sum, value, index) => sum + (value - meanX) * (y[index]! - meanY), 0);
  const b = sxy / sxx;
  const residual = x.reduce((sum, value, index) => sum + (y[index]! - meanY - b * (value - meanX)) ** 2, 0);
  return { slope: b, standardError: Math.sqrt(residual / (n - 2) / sxx), n };
};

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

export const standardError = (values: readonly number[]): number => {
  const center = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1) / values.length);
};

/** Two-sided p of a standard normal z. */
export const twoSided = (z: number): number => 2 * cdf(-Math.abs(z), 0, 1);

/** One-sided p of z: how likely it is to be so large by chance. */
export const oneSided = (z: number): number => cdf(-z, 0, 1);

/** The q-quantile by linear interpolation (NumPy's default). */
export const quantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  return sorted[low]! + (at - low) * ((sorted[low + 1] ?? sorted[low]!) - sorted[low]!);
};
