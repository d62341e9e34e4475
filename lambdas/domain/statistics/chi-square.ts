import gammainc from '@stdlib/math-base-special-gammainc';

export type ChiSquare = { statistic: number; degrees: number; p: number };

/**
 * Pearson's test of a 2 × k table, without continuity correction (scipy.stats.chi2_contingency, correction=False). Classes that are empty
 * in both rows are left out; with one class left, or an empty row, nothing can differ: p is 1.
 */
export const chiSquare = (a: readonly number[], b: readonly number[]): ChiSquare => {
  const classes = a.map((count, index) => [count, b[index]!] as const).filter(([x, y]) => x + y > 0);
  const [totalA, totalB] = [sum(classes.map(([x]) => x)), sum(classes.map(([, y]) => y))];
  const degrees = Math.max(0, classes.length - 1);
  if (degrees === 0 || totalA === 0 || totalB === 0) return { statistic: 0, degrees, p: 1 };
  const statistic = sum(
    classes.map(([x, y]) => {
      const share = (x + y) / (totalA + totalB);
      return (x - totalA * share) ** 2 / (totalA * share) + (y - totalB * share) ** 2 / (totalB * share);
    }),
  );
  return { statistic, degrees, p: chiSquareSurvival(statistic, degrees) };
};

/** P(χ² of so many degrees of freedom > x): the regularised upper incomplete gamma function. */
export const chiSquareSurvival = (x: number, degrees: number): number => (x <= 0 ? 1 : gammainc(x / 2, degrees / 2, true, true));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
