import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { TrackedRun } from '../../../lambdas/contracts/tracking.ts';
import { packBlocks, unpackBlock } from '../../../lambdas/domain/tracking/run-block.ts';

const key = fc.constantFrom('loss', 'constructor', '__proto__', 'é "x"', 'line\nbreak');
const texts = fc.dictionary(key, fc.string({ unit: 'grapheme' }), { noNullPrototype: true });
const number = fc.oneof(
  fc.constantFrom(NaN, Infinity, -Infinity),
  fc.double().map((value) => value || 0),
);
const run: fc.Arbitrary<TrackedRun> = fc
  .record({
    name: fc.string(),
    status: fc.constantFrom('RUNNING' as const, 'FINISHED' as const),
    startTime: fc.nat(),
    params: texts,
    tags: texts,
    values: fc.dictionary(key, number, { noNullPrototype: true }),
    datasets: fc.array(
      fc.record(
        { dataset: fc.record({ name: fc.string(), digest: fc.string(), sourceType: fc.string(), source: fc.string() }, { noNullPrototype: true }), tags: texts },
        { noNullPrototype: true },
      ),
      { maxLength: 2 },
    ),
    modelInputs: fc.array(fc.string(), { maxLength: 2 }),
  })
  .map(({ values, ...members }) => ({
    ...members,
    runId: '',
    experimentId: '1',
    userId: '',
    lifecycle: 'active',
    artifactUri: '',
    metrics: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { key: name, value, timestamp: 1, step: -2 }])),
    modelOutputs: members.modelInputs.map((modelId, step) => ({ modelId, step })),
  }));

describe('a block of runs', () => {
  it('gives back every run as it was, and each value by its name', () => {
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 30 }), (members, most) => {
        const runs = members.map((member, index) => ({ ...member, runId: String(index) }));
        const packed = packBlocks(runs, most);
        assert.ok(packed.every((block) => block.runs <= most));
        const blocks = packed.map(({ body }) => unpackBlock(body));
        assert.deepEqual(
          blocks.flatMap((block) => Array.from({ length: block.size }, (_, at) => block.run(at))),
          runs,
        );
        const lossOf = (block: ReturnType<typeof unpackBlock>, at: number) => block.values.get('loss')?.(at);
        assert.deepEqual(
          blocks.flatMap((block) => Array.from({ length: block.size }, (_, at) => lossOf(block, at))),
          runs.map(({ metrics }) => metrics['loss']?.value),
        );
      }),
    );
  });

  it('is cut where an item of the table would be too large', () => {
    const runs = Array.from({ length: 40 }, (_, index) => ({
      ...fc.sample(run, { numRuns: 1, seed: index })[0]!,
      runId: String(index),
      params: Object.fromEntries(
        Array.from({ length: 60 }, (_, name) => [
          `p${name}`,
          Array.from({ length: 400 }, (_, at) => String.fromCharCode(33 + ((at * 7919 + index * 104_729 + name * 31) % 90))).join(''),
        ]),
      ),
    }));
    const noise = runs.map((one, index) => ({
      ...one,
      tags: { noise: Array.from({ length: 5000 }, (_, at) => String.fromCharCode(0x4e00 + ((at * at * 31 + index * 7 + at * 17) % 20_000))).join('') },
    }));
    const packed = packBlocks(noise);
    assert.ok(packed.length > 1);
    for (const { body } of packed) assert.ok(body.length <= 350_000, `${body.length} bytes`);
    assert.equal(
      packed.reduce((sum, block) => sum + block.runs, 0),
      40,
    );
  });
});
