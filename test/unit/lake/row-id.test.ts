import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rowIdOf } from '../../../lambdas/domain/lake/row-id.ts';

test('rows differ by table, record and ordinal, within 63 bits', () => {
  const key = fc.stringMatching(/^[0-9a-f]{32}$/);
  fc.assert(
    fc.property(key, key, fc.integer({ min: 0, max: 20_000 }), (one, other, ordinal) => {
      fc.pre(one.slice(0, 15) !== other.slice(0, 15));
      const ids = [rowIdOf('measurement', one, ordinal), rowIdOf('observation', one, ordinal), rowIdOf('measurement', other, ordinal), rowIdOf('measurement', one, ordinal + 1)];
      assert.equal(new Set(ids).size, 4);
      for (const id of ids) assert.ok(BigInt(id) >= 0n && BigInt(id) < 2n ** 63n, id);
      assert.equal(rowIdOf('measurement', one, ordinal), ids[0]);
    }),
  );
});
