import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fitting, roomFor } from '../../../lambdas/domain/mlflow/answer-room.ts';
import { spread } from '../../../lambdas/domain/tracking/metric-series.ts';
import { offsetOf, pageOf } from '../../../lambdas/domain/tracking/search/page.ts';

/** AWS: an invocation's answer, as the runtime hands it over. */
const LAMBDA_LIMIT = 6_291_556;
const handedOver = (body: object): number => Buffer.byteLength(JSON.stringify({ statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }));

describe('what fits into an answer', () => {
  const item = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => ({ key: text, quotes: '"'.repeat(text.length), padding: 'é'.repeat(20_000) }));

  it('is never more than a function may answer, and every page leads to the next item', () => {
    fc.assert(
      fc.property(fc.array(item, { minLength: 200, maxLength: 400 }), (items) => {
        const seen: unknown[] = [];
        for (let token: string | undefined, pages = 0; pages === 0 || token; pages++) {
          const offset = offsetOf(token);
          assert.ok(offset.ok);
          const page = pageOf(
            items,
            offset.value,
            1000,
            {},
            fitting((one) => one),
          );
          assert.ok(handedOver({ items: page.items, next_page_token: page.next }) <= LAMBDA_LIMIT);
          assert.ok(page.items.length > 0);
          seen.push(...page.items);
          token = page.next;
        }
        assert.deepEqual(seen, items);
      }),
      { numRuns: 5 },
    );
  });

  it('gives the first item whatever its size', () => {
    const fits = fitting((text: string) => text);
    assert.equal(fits('x'.repeat(7_000_000)), true);
    assert.equal(fits('x'), false);
  });

  it('counts members of the longest kind', () => {
    const longest = { key: '"'.repeat(250), value: 1 };
    assert.ok(handedOver({ metrics: Array.from({ length: roomFor(longest) }, () => longest) }) <= LAMBDA_LIMIT);
  });
});

describe('points spread over a course', () => {
  it('are in order, distinct, and end as the course does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 2, max: 600 }), (size, most) => {
        const course = Array.from({ length: size }, (_, index) => index);
        const taken = spread(course, most);
        assert.equal(taken.length, Math.min(size, most));
        assert.deepEqual([taken[0], taken.at(-1)], [0, size - 1]);
        assert.deepEqual(
          taken,
          [...new Set(taken)].sort((a, b) => a - b),
        );
      }),
    );
  });
});
