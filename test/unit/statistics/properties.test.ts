import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { chiSquare } from '../../../lambdas/domain/statistics/chi-square.ts';
import { countsByDecile, kullbackLeibler, populationStability } from '../../../lambdas/domain/statistics/divergence.ts';
import { benjaminiHochberg } from '../../../lambdas/domain/statistics/false-discovery.ts';
import { kolmogorovSmirnov, kolmogorovSurvival } from '../../../lambdas/domain/statistics/kolmogorov-smirnov.ts';
import { pOfNoIncrease, pOfZero } from '../../../lambdas/domain/statistics/normal.ts';
import { slopeWithinStrata } from '../../../lambdas/domain/statistics/regression.ts';
import { wasserstein } from '../../../lambdas/domain/statistics/wasserstein.ts';

// few distinct values, so that ties are met
const sample = fc.array(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ min: -100, max: 100, noNaN: true })), { minLength: 1, maxLength: 40 });
const whole = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 40 });
const counts = fc.integer({ min: 2, max: 8 }).chain((k) => fc.tuple(fc.array(fc.nat(200), { minLength: k, maxLength: k }), fc.array(fc.nat(200), { minLength: k, maxLength: k })));
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));

describe('Kolmogorov–Smirnov', () => {
  it('is symmetric, and D is at most 1 and p a probability', () =>
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const [one, other] = [kolmogorovSmirnov(a, b), kolmogorovSmirnov(b, a)];
        assert.ok(near(one.statistic, other.statistic) && near(one.p, other.p));
        assert.ok(one.statistic >= 0 && one.statistic <= 1 && one.p > 0 && one.p <= 1 + 1e-12);
      }),
    ));

  it('finds nothing between a sample and itself, in whatever order', () =>
    fc.assert(
      fc.property(sample, (a) => {
        assert.deepEqual(kolmogorovSmirnov(a, [...a].reverse()), { statistic: 0, p: 1 });
      }),
    ));

  it('sees order only: a growing transformation changes nothing', () =>
    fc.assert(
      fc.property(whole, whole, (a, b) => {
        const grown = (values: number[]) => values.map((value) => value ** 3 + 8 * value);
        assert.deepEqual(kolmogorovSmirnov(a, b), kolmogorovSmirnov(grown(a), grown(b)));
      }),
    ));

  it('of large samples is near its limit', () => {
    const spread = (n: number, shift: number) => Array.from({ length: n }, (_, i) => (i + 0.5) / n + shift);
    const [a, b] = [spread(2000, 0), spread(1500, 0.04)];
    const { statistic, p } = kolmogorovSmirnov(a, b);
    const limit = kolmogorovSurvival(Math.sqrt((2000 * 1500) / 3500) * statistic);
    assert.ok(p > 0.05 && Math.abs(p / limit - 1) < 0.05, `${p} against ${limit}`);
  });
});

describe('Wasserstein', () => {
  it('is a distance', () =>
    fc.assert(
      fc.property(sample, sample, sample, (a, b, c) => {
        assert.ok(near(wasserstein(a, b), wasserstein(b, a)));
        assert.equal(wasserstein(a, [...a].reverse()), 0);
        assert.ok(wasserstein(a, c) <= wasserstein(a, b) + wasserstein(b, c) + 1e-9);
      }),
    ));

  it('of a shift is the shift, and scales with the unit', () =>
    fc.assert(
      fc.property(sample, fc.integer({ min: -50, max: 50 }), (a, shift) => {
        assert.ok(
          near(
            wasserstein(
              a,
              a.map((value) => value + shift),
            ),
            Math.abs(shift),
          ),
        );
        assert.ok(
          near(
            wasserstein(
              a.map((value) => 2 * value),
              a.map((value) => 2 * (value + shift)),
            ),
            2 * Math.abs(shift),
          ),
        );
      }),
    ));
});

describe('chi-square', () => {
  it('is symmetric, and p a probability', () =>
    fc.assert(
      fc.property(counts, ([a, b]) => {
        const [one, other] = [chiSquare(a, b), chiSquare(b, a)];
        assert.ok(near(one.statistic, other.statistic) && one.degrees === other.degrees);
        assert.ok(one.p >= 0 && one.p <= 1);
      }),
    ));

  it('finds nothing between proportional rows', () =>
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 9 }), ([a], times) => {
        assert.ok(
          chiSquare(
            a,
            a.map((count) => count * times),
          ).statistic < 1e-9,
        );
      }),
    ));
});

describe('divergence', () => {
  it('is never negative, and nothing between equal counts', () =>
    fc.assert(
      fc.property(counts, ([reference, window]) => {
        assert.ok(populationStability({ reference, window }) >= -1e-12 && kullbackLeibler({ reference, window }) >= -1e-12);
        assert.ok(near(populationStability({ reference, window: reference }), 0) && near(kullbackLeibler({ reference, window: reference }), 0));
      }),
    ));

  it('PSI is KL both ways', () =>
    fc.assert(
      fc.property(counts, ([reference, window]) => {
        assert.ok(near(populationStability({ reference, window }), kullbackLeibler({ reference, window }) + kullbackLeibler({ reference: window, window: reference })));
      }),
    ));

  it('every value falls into one class, a tenth of distinct reference values into each', () =>
    fc.assert(
      fc.property(sample, sample, (reference, window) => {
        const found = countsByDecile(reference, window);
        const total = (values: number[]) => values.reduce((a, b) => a + b, 0);
        assert.deepEqual([total(found.reference), total(found.window), found.reference.length], [reference.length, window.length, found.window.length]);
        const distinct = Array.from({ length: 100 }, (_, i) => i);
        assert.deepEqual(countsByDecile(distinct, [-1, 0, 9, 10, 99, 1000]), { reference: Array(10).fill(10), window: [3, 1, 0, 0, 0, 0, 0, 0, 0, 2] });
      }),
    ));
});

describe('Benjamini–Hochberg', () => {
  const ps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 });

  it('adjusts upwards, keeps the order, and never beyond 1', () =>
    fc.assert(
      fc.property(ps, (given) => {
        const qs = benjaminiHochberg(given);
        given.forEach((p, i) => {
          assert.ok(qs[i]! >= p * (1 - 1e-12) && qs[i]! <= 1);
          for (const [j, other] of given.entries()) assert.ok(p <= other ? qs[i]! <= qs[j]! : qs[i]! >= qs[j]!);
        });
      }),
    ));

  it('rejects at q what the step-up procedure rejects', () =>
    fc.assert(
      fc.property(ps, fc.double({ min: 0.01, max: 0.5, noNaN: true }), (given, q) => {
        const sorted = [...given].sort((a, b) => a - b);
        let cut = -1;
        sorted.forEach((p, i) => {
          if (p <= (q * (i + 1)) / given.length) cut = p;
        });
        const adjusted = benjaminiHochberg(given);
        // at the very limit the two roundings differ
        fc.pre(adjusted.every((value) => Math.abs(value - q) > 1e-9));
        const rejected = adjusted.map((value) => value <= q);
        for (const [i, p] of given.entries()) assert.equal(rejected[i], p <= cut, `p ${p}, cut ${cut}`);
      }),
    ));

  it('of nothing is nothing', () => assert.deepEqual(benjaminiHochberg([]), []));
});

describe('slope within strata', () => {
  const points = fc.array(fc.record({ x: fc.integer({ min: 0, max: 2 }), y: fc.double({ min: -5, max: 5, noNaN: true }), stratum: fc.constantFrom('a', 'b', 'c') }), {
    minLength: 8,
    maxLength: 60,
  });

  it('does not see what a whole stratum has more of', () =>
    fc.assert(
      fc.property(points, fc.integer({ min: -9, max: 9 }), (given, more) => {
        const [one, other] = [slopeWithinStrata(given), slopeWithinStrata(given.map((point) => ({ ...point, y: point.y + (point.stratum === 'a' ? more : 0) })))];
        assert.equal(one === null, other === null);
        if (one && other) assert.ok(near(one.value, other.value) && Math.abs(one.error - other.error) < 1e-6);
      }),
    ));

  it('finds an exact line, and nothing where x does not vary within a stratum', () => {
    const line = [0, 1, 2, 0, 1, 2].map((x, i) => ({ x, y: 3 - 0.5 * x + (i < 3 ? 0 : 10), stratum: i < 3 ? 'a' : 'b' }));
    assert.ok(near(slopeWithinStrata(line)!.value, -0.5));
    assert.equal(slopeWithinStrata(line.map((point) => ({ ...point, stratum: String(point.x) }))), null);
    assert.equal(slopeWithinStrata([]), null);
  });
});

it('without an error nothing can be told', () => {
  assert.equal(pOfZero({ value: 3, error: 0 }), 1);
  assert.equal(pOfNoIncrease({ value: 3, error: Number.NaN }), 1);
});
