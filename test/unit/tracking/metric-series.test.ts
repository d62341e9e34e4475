import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Point, type Series, append, byTime, course, sampledSteps, unpack } from '../../../lambdas/domain/tracking/metric-series.ts';

const point = fc.record({
  timestamp: fc.integer({ min: 0, max: 50 }),
  step: fc.integer({ min: -5, max: 5 }),
  value: fc.constantFrom(0, 1, -1.5, 1e-300, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1 + 0.2),
});
const keyOf = ({ timestamp, step, value }: Point) => `${timestamp},${step},${value}`;

/** What a store would hold after these batches, chunks by name. */
const stored = (batches: readonly (readonly Point[])[]) => {
  let series: Series | undefined;
  const chunks = new Map<string, Uint8Array>();
  for (const batch of batches) {
    const next = append(series, batch);
    series = next.series;
    for (const { name, body } of next.chunks) chunks.set(name, body);
  }
  return { series: series!, chunks };
};

describe('the course of a metric', () => {
  it('is every point once, in the order of time, however it came', () => {
    fc.assert(
      fc.property(fc.array(fc.array(point, { minLength: 1, maxLength: 90 }), { minLength: 1, maxLength: 6 }), (batches) => {
        const { series, chunks } = stored(batches);
        const read = course(
          series.tail,
          [...chunks.values()].map((body) => unpack(body)),
        );
        assert.deepEqual(new Set(read.map(keyOf)), new Set(batches.flat().map(keyOf)));
        assert.equal(read.length, new Set(read.map(keyOf)).size);
        for (let index = 1; index < read.length; index++) assert.ok(byTime(read[index - 1]!, read[index]!) <= 0);
      }),
      { numRuns: 300 },
    );
  });

  it('is the same when a writer died after its chunks and began again', () => {
    const points = Array.from({ length: 100 }, (_, step) => ({ timestamp: step, step, value: step / 7 }));
    const once = append(undefined, points);
    const again = append(undefined, points);
    assert.deepEqual(
      once.chunks.map(({ name }) => name),
      again.chunks.map(({ name }) => name),
    );
  });

  it('has for its latest the highest step, then time, then value', () => {
    const { series } = stored([
      [
        { timestamp: 9, step: 1, value: 5 },
        { timestamp: 1, step: 2, value: 1 },
      ],
      [
        { timestamp: 1, step: 2, value: 3 },
        { timestamp: 0, step: 2, value: 99 },
      ],
    ]);
    assert.deepEqual(series.latest, { timestamp: 1, step: 2, value: 3 });
  });

  it('is sampled evenly, with the first and the last step of each run', () => {
    const long = Array.from({ length: 1000 }, (_, step) => ({ timestamp: step, step, value: step }));
    const other = [
      { timestamp: 0, step: 3, value: 0 },
      { timestamp: 1, step: 501, value: 0 },
    ];
    const steps = sampledSteps([long, other], 10, undefined);
    for (const step of [0, 100, 900, 999, 3, 501]) assert.ok(steps.has(step), `${step}`);
    assert.ok(steps.size <= 14);
  });
});
