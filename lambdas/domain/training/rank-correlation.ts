import { sampleRankCorrelation } from 'simple-statistics';

/** Spearman's rank correlation; 0 where one side is constant. */
export const spearman = (x: readonly number[], y: readonly number[]): number => {
  const rho = sampleRankCorrelation([...x], [...y]);
  return Number.isFinite(rho) ? rho : 0;
};
