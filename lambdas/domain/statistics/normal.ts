import cdf from '@stdlib/stats-base-dists-normal-cdf';
import { mean, sampleStandardDeviation } from 'simple-statistics';

/** An estimate with its standard error. */
export type Estimate = { value: number; error: number };

/** Mean and its standard error; at least two values. */
export const meanOf = (values: readonly number[]): Estimate => ({ value: mean([...values]), error: sampleStandardDeviation([...values]) / Math.sqrt(values.length) });

/** Difference of two independent estimates. */
export const difference = (a: Estimate, b: Estimate): Estimate => ({ value: a.value - b.value, error: Math.hypot(a.error, b.error) });

/** Two-sided p of "the value is zero", by the normal distribution; without an error nothing can be told: 1. */
export const pOfZero = ({ value, error }: Estimate): number => (error > 0 ? 2 * cdf(-Math.abs(value) / error, 0, 1) : 1);

/** One-sided p of "the value is not above zero". */
export const pOfNoIncrease = ({ value, error }: Estimate): number => (error > 0 ? cdf(-value / error, 0, 1) : 1);
