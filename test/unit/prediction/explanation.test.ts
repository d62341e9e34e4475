import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { coalitionRows, playersOf, shapleyValues } from '../../../lambdas/domain/prediction/explanation.ts';

const near = (actual: number, expected: number, tolerance = 1e-9) =>
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual} is not ${expected}`);

/** Shapley's own definition: the mean over every order of entry. */
const byPermutations = (players: number, value: number[]): number[] => {
  const orders = (left: number[]): number[][] =>
    left.length === 0 ? [[]] : left.flatMap((first) => orders(left.filter((other) => other !== first)).map((rest) => [first, ...rest]));
  const all = orders(Array.from({ length: players }, (_, player) => player));
  const sums = Array.from({ length: players }, () => 0);
  for (const order of all) {
    let coalition = 0;
    for (const player of order) {
      sums[player]! += value[coalition | (1 << player)]! - value[coalition]!;
      coalition |= 1 << player;
    }
  }
  return sums.map((sum) => sum / all.length);
};

const game = fc
  .integer({ min: 1, max: 5 })
  .chain((players) => fc.tuple(fc.constant(players), fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2 ** players, maxLength: 2 ** players })));

describe('shapleyValues', () => {
  it('is the mean over all orders of entry', () => {
    fc.assert(fc.property(game, ([players, value]) => shapleyValues(players, value).forEach((phi, player) => near(phi, byPermutations(players, value)[player]!, 1e-7))));
  });

  it('sums to the whole less nothing, up to ten players', () => {
    const big = fc
      .integer({ min: 0, max: 10 })
      .chain((players) => fc.tuple(fc.constant(players), fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 2 ** players, maxLength: 2 ** players })));
    fc.assert(
      fc.property(big, ([players, value]) =>
        near(
          shapleyValues(players, value).reduce((a, b) => a + b, 0),
          value.at(-1)! - value[0]!,
          1e-7,
        ),
      ),
      { numRuns: 50 },
    );
  });

  it('gives additive games their terms', () => {
    const terms = [3, -2, 0.5, 7];
    const value = Array.from({ length: 16 }, (_, coalition) => 10 + terms.reduce((sum, term, player) => sum + (coalition & (1 << player) ? term : 0), 0));
    shapleyValues(4, value).forEach((phi, player) => near(phi, terms[player]!));
  });

  it('refuses values of another number of players', () => assert.throws(() => shapleyValues(3, [1, 2, 3, 4]), /3 players have 8 coalitions, not 4/));
});

describe('playersOf', () => {
  const features = ['age', 'cyp2c9', 'cyp2c9', 'weight'];

  it('leaves out features that do not differ and keeps the columns of one feature together', () => {
    assert.deepEqual(playersOf(features, [1, 0, 1, 5], [2, 1, 1, 5]), [
      { features: ['age'], columns: [0] },
      { features: ['cyp2c9'], columns: [1, 2] },
    ]);
  });

  it('lets the last features play as one beyond the limit', () => {
    assert.deepEqual(playersOf(['a', 'b', 'c', 'd'], [1, 1, 1, 1], [0, 0, 0, 0], 2), [
      { features: ['a'], columns: [0] },
      { features: ['b', 'c', 'd'], columns: [1, 2, 3] },
    ]);
  });
});

describe('coalitionRows', () => {
  it('starts at the reference, ends at the patient, and takes each player’s columns by its bit', () => {
    const rows = coalitionRows(
      [
        { features: ['a'], columns: [0, 2] },
        { features: ['b'], columns: [1] },
      ],
      [1, 2, 3],
      [-1, -2, -3],
    );
    assert.deepEqual([...rows], [-1, -2, -3, 1, -2, 3, -1, 2, -3, 1, 2, 3]);
  });
});
