import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Chunk,
  type Point,
  type Series,
  append,
  byTime,
  decode,
  encode,
  extentIn,
  inOrder,
  instant,
  sampledSteps,
  stepsIn,
  unpack,
} from '../../../lambdas/domain/tracking/metric-series.ts';

const point = fc.record({
  timestamp: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 2 ** 48 })),
  step: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.maxSafeInteger()),
  value: fc.oneof(fc.constantFrom(NaN, Infinity, -Infinity, 0, 1), fc.double()),
});
const batches = fc.array(fc.array(point, { minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 8 });

const logged = (given: Point[][]): { series: Series; chunks: Chunk[] } => {
  let series: Series | undefined;
  const chunks: Chunk[] = [];
  for (const points of given) {
    const after = append(series, points);
    series = after.series;
    chunks.push(...after.chunks);
  }
  return { series: series!, chunks: chunks.sort((a, b) => (a.name < b.name ? -1 : 1)) };
};
const model = (given: Point[][]): string[] => [...new Set(given.flat().map(encode))].map(decode).sort(byTime).map(encode);
async function* each<T>(items: T[]): AsyncGenerator<T> {
  yield* items;
}
const course = async ({ series, chunks }: { series: Series; chunks: Chunk[] }, from = ''): Promise<string[]> => {
  const pieces = [...chunks.filter(({ name }) => name >= from).map(({ body }) => unpack(body)), unpack(series.tail).sort(byTime)].filter(({ length }) => length > 0);
  const points: Point[] = [];
  for await (const piece of inOrder(each(pieces.sort((a, b) => byTime(a[0]!, b[0]!))))) points.push(...piece);
  return points.map(encode);
};

describe('a metric’s series', () => {
  it('holds every point once, in the order of its time, whatever came when', async () => {
    await fc.assert(fc.asyncProperty(batches, async (given) => assert.deepEqual(await course(logged(given)), model(given))));
  });

  it('finds all that follows a point from the chunks that begin at most its reach before it', async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.nat(), async (given, which) => {
        const stored = logged(given);
        const whole = model(given);
        const after = decode(whole[which % whole.length]!);
        const found = await course(stored, instant(Math.max(0, after.timestamp - stored.series.reach)));
        const following = (texts: string[]) => texts.filter((text) => byTime(decode(text), after) > 0);
        assert.deepEqual(following(found), following(whole));
      }),
    );
  });

  it('names chunks in the order of their first points and tells of their times and steps', () => {
    fc.assert(
      fc.property(batches, (given) => {
        const { chunks } = logged(given);
        const firsts = chunks.map(({ body }) => unpack(body)[0]!);
        for (const [index, first] of firsts.entries())
          if (index > 0) assert.ok(firsts[index - 1]!.timestamp < first.timestamp || (firsts[index - 1]!.timestamp === first.timestamp && firsts[index - 1]!.step <= first.step));
        for (const { name, body } of chunks) {
          const points = unpack(body);
          const steps = points.map(({ step }) => step);
          assert.deepEqual([...stepsIn(body)], steps);
          assert.deepEqual(extentIn(name), { first: points[0]!.timestamp, last: points.at(-1)!.timestamp, leastStep: Math.min(...steps), mostStep: Math.max(...steps) });
        }
      }),
    );
  });

  it('keeps the latest by step, then time, then value', () => {
    const { series } = logged([
      [{ timestamp: 9, step: 1, value: 5 }],
      [{ timestamp: 3, step: 2, value: 1 }],
      [
        { timestamp: 3, step: 2, value: -Infinity },
        { timestamp: 8, step: 1, value: 7 },
      ],
    ]);
    assert.deepEqual(series.latest, { timestamp: 3, step: 2, value: 1 });
  });

  it('costs a small write a point, and does not let a pause lengthen the reach', () => {
    const start = 1_700_000_000_000;
    let series: Series | undefined;
    let chunks = 0;
    for (let step = 0; step < 10_000; step++) {
      const after = append(series, [{ timestamp: start + step * 100 + (step > 5020 ? 864_000_000 : 0), step, value: Math.sin(step) }]);
      series = after.series;
      chunks += after.chunks.length;
      assert.ok(series.tail.length < 2900, `the item stays within three write units: ${series.tail.length} bytes of points`);
    }
    assert.ok(chunks <= 10_000 / 257 + 1);
    assert.ok(series!.reach <= 25_700, `reach is ${series!.reach} ms`);
  });

  it('samples evenly spaced steps, the last one, and each course’s ends', () => {
    const steps = Array.from({ length: 1000 }, (_, step) => step);
    assert.deepEqual([...sampledSteps([steps], [0, 999], 4, undefined)], [0, 250, 500, 750, 999]);
    assert.deepEqual([...sampledSteps([steps], [0, 999], 4, { start: 10, end: 13 })], [10, 11, 12, 13]);
    assert.deepEqual([...sampledSteps([steps], [0, 42, 999], 2, { start: 40, end: 49 })], [40, 45, 49, 42]);
    assert.deepEqual([...sampledSteps([[-5, -1]], [-5, -1], 4, undefined)], []);
  });
});
