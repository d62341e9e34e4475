import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { chiSquare } from '../../../lambdas/domain/statistics/chi-square.ts';
import { kullbackLeibler, populationStability } from '../../../lambdas/domain/statistics/divergence.ts';
import { benjaminiHochberg } from '../../../lambdas/domain/statistics/false-discovery.ts';
import { kolmogorovSmirnov, kolmogorovSurvival } from '../../../lambdas/domain/statistics/kolmogorov-smirnov.ts';
import { meanOf, pOfNoIncrease, pOfZero } from '../../../lambdas/domain/statistics/normal.ts';
import { type Point, slopeWithinStrata } from '../../../lambdas/domain/statistics/regression.ts';
import { wasserstein } from '../../../lambdas/domain/statistics/wasserstein.ts';

type Reference = {
  scipy: string;
  twoSamples: { name: string; a: number[]; b: number[]; ks: { statistic: number; p: number }; wasserstein: number }[];
  kolmogorov: { t: number; survival: number }[];
  chiSquare: { name: string; a: number[]; b: number[]; statistic: number; degrees: number; p: number }[];
  divergence: { reference: number[]; window: number[]; kullbackLeibler: number; populationStability: number }[];
  falseDiscovery: { ps: number[]; adjusted: number[] }[];
  normal: { z: number; twoSided: number; oneSided: number }[];
  slopes: { points: Point[]; slope: number; error: number }[];
  means: { values: number[]; mean: number; error: number }[];
};
/** Made by containers/tests/make_scipy_reference.py. */
const reference = JSON.parse(readFileSync(join(import.meta.dirname, 'scipy-reference.json'), 'utf8')) as Reference;

const close = (value: number, expected: number, what: string, relative = 1e-9): void =>
  assert.ok(Math.abs(value - expected) <= relative * Math.abs(expected) + 1e-14, `${what}: ${value}, SciPy ${reference.scipy} has ${expected}`);

describe('against SciPy', () => {
  for (const { name, a, b, ks, wasserstein: distance } of reference.twoSamples) {
    it(`ks_2samp and wasserstein_distance: ${name} (${a.length} and ${b.length})`, () => {
      const found = kolmogorovSmirnov(a, b);
      close(found.statistic, ks.statistic, 'D', 1e-12);
      close(found.p, ks.p, 'p');
      close(wasserstein(a, b), distance, 'Wasserstein');
    });
  }

  it('special.kolmogorov', () => {
    for (const { t, survival } of reference.kolmogorov) close(kolmogorovSurvival(t), survival, `t = ${t}`);
  });

  for (const { name, a, b, statistic, degrees, p } of reference.chiSquare) {
    it(`chi2_contingency: ${name}`, () => {
      const found = chiSquare(a, b);
      close(found.statistic, statistic, 'χ²');
      assert.equal(found.degrees, degrees);
      close(found.p, p, 'p');
    });
  }

  it('entropy, both ways', () => {
    for (const { reference: before, window, ...expected } of reference.divergence) {
      close(kullbackLeibler({ reference: before, window }), expected.kullbackLeibler, 'KL');
      close(populationStability({ reference: before, window }), expected.populationStability, 'PSI');
    }
  });

  it('false_discovery_control', () => {
    for (const { ps, adjusted } of reference.falseDiscovery) for (const [index, q] of benjaminiHochberg(ps).entries()) close(q, adjusted[index]!, `q of ${ps[index]}`, 1e-12);
  });

  it('norm.sf', () => {
    for (const { z, twoSided, oneSided } of reference.normal) {
      close(pOfZero({ value: z, error: 1 }), twoSided, `two-sided ${z}`);
      close(pOfNoIncrease({ value: z, error: 1 }), oneSided, `one-sided ${z}`);
    }
  });

  it('linregress; least squares with an indicator per stratum', () => {
    for (const { points, slope, error } of reference.slopes) {
      const found = slopeWithinStrata(points)!;
      close(found.value, slope, 'slope');
      close(found.error, error, 'standard error');
    }
  });

  it('mean and sem', () => {
    for (const { values, mean, error } of reference.means) {
      close(meanOf(values).value, mean, 'mean');
      close(meanOf(values).error, error, 'standard error');
    }
  });
});
