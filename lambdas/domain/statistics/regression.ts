import { mean } from 'simple-statistics';
import type { Estimate } from './normal.ts';

export type Point = { x: number; y: number; stratum: string };

/**
 * Slope of y on x by ordinary least squares with an intercept per stratum (the means of each stratum are taken out: Frisch–Waugh–Lovell),
 * and its standard error. Null where x varies in no stratum, or no degree of freedom is left.
 */
export const slopeWithinStrata = (points: readonly Point[]): Estimate | null => {
  const strata = [...Map.groupBy(points, ({ stratum }) => stratum).values()];
  const degrees = points.length - strata.length - 1;
  const centred = strata.flatMap((members) => {
    const [x, y] = [mean(members.map((point) => point.x)), mean(members.map((point) => point.y))];
    return members.map((point) => [point.x - x, point.y - y] as const);
  });
  const sxx = centred.reduce((sum, [x]) => sum + x * x, 0);
  if (degrees < 1 || sxx === 0) return null;
  const slope = centred.reduce((sum, [x, y]) => sum + x * y, 0) / sxx;
  const residual = centred.reduce((sum, [x, y]) => sum + (y - slope * x) ** 2, 0);
  return { value: slope, error: Math.sqrt(residual / degrees / sxx) };
};
