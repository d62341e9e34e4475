import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Deprecation } from '../../../lambdas/contracts/model-version.ts';
import { deprecationAsked } from '../../../lambdas/domain/registry/deprecation.ts';
import { rolloutAllowed } from '../../../lambdas/domain/serving/deployable.ts';

const TODAY = '2026-03-02';
const version = { model: 'm', version: 1 };
const terms: Deprecation = { reason: 'a better one stands', at: '2026-03-01T00:00:00.000Z', by: 'ann' };
const wanted = { deprecated: true, reason: terms.reason };

describe('deprecationAsked', () => {
  it('deprecates, and takes it back', () => {
    assert.deepEqual(deprecationAsked(version, wanted, null, TODAY), { ok: true, value: { deprecated: true } });
    assert.deepEqual(deprecationAsked({ ...version, deprecation: terms }, { deprecated: false, reason: 'it was a mistake' }, null, TODAY), {
      ok: true,
      value: { deprecated: false },
    });
  });

  it('changes nothing where that stands already', () => {
    assert.deepEqual(deprecationAsked({ ...version, deprecation: terms }, wanted, null, TODAY), { ok: true, value: null });
    assert.deepEqual(deprecationAsked(version, { deprecated: false, reason: 'it was a mistake' }, null, TODAY), { ok: true, value: null });
    assert.deepEqual(deprecationAsked({ ...version, deprecation: terms }, { ...wanted, endOfUse: TODAY }, null, TODAY), { ok: true, value: { deprecated: true } });
  });

  it('refuses a successor that is absent, itself, or deprecated, and a day that is past', () => {
    for (const [changes, successor, detail] of [
      [{ replacedBy: 2 }, null, /no m@2/],
      [{ replacedBy: 1 }, { version: 1 }, /can't replace itself/],
      [{ replacedBy: 2 }, { version: 2, deprecation: terms }, /m@2 is deprecated itself/],
      [{ endOfUse: '2026-03-01' }, null, /2026-03-01 is past, allowed: 2026-03-02 or later/],
    ] as const) {
      const refusal = deprecationAsked(version, { ...wanted, ...changes }, successor, TODAY);
      assert.ok(!refusal.ok);
      assert.match(refusal.problem.detail, detail);
    }
    assert.ok(!deprecationAsked({ ...version, deprecation: terms }, { deprecated: false, reason: 'it was a mistake', replacedBy: 2 }, { version: 2 }, TODAY).ok);
  });
});

describe('a deprecated version', () => {
  it('is not rolled out, and the refusal names its successor', () => {
    const refusal = rolloutAllowed({ model: 'm', version: 1, stage: 'approved', deprecation: { ...terms, replacedBy: 2 } });
    assert.ok(!refusal.ok && refusal.problem.status === 409);
    assert.match(refusal.problem.detail, /^m@1 was deprecated by ann: a better one stands; use m@2$/);
  });
});
