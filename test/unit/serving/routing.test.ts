import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { placeOf, routesOf, subjectHash } from '../../../lambdas/domain/serving/routing.ts';

const key = fc.stringMatching(/^[0-9a-f]{64}$/);
const subject = fc.string({ minLength: 1, maxLength: 200 });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const routeOf = (...of: Parameters<typeof routesOf>) => routesOf(...of)[0] ?? null;
const deployed = (canaryShare: number) => ({ production: 1, canary: { version: 2, share: canaryShare } });

describe('routesOf', () => {
  it('falls back to production behind a canary', () => {
    assert.deepEqual(routesOf(deployed(1), '00'.repeat(32), 'x'), [
      { version: 2, role: 'canary' },
      { version: 1, role: 'production' },
    ]);
  });

  it('is sticky: the same subject gets the same version every time', () => {
    fc.assert(fc.property(key, subject, share, (k, s, p) => assert.deepEqual(routeOf(deployed(p), k, s), routeOf(deployed(p), k, s))));
  });

  it('is monotone: a subject once in the canary stays while its share grows', () => {
    fc.assert(
      fc.property(key, subject, share, share, (k, s, a, b) => {
        const [small, large] = [Math.min(a, b), Math.max(a, b)];
        if (routeOf(deployed(small), k, s)?.version === 2) assert.equal(routeOf(deployed(large), k, s)?.version, 2);
      }),
    );
  });

  it('respects the shares within four standard errors of 20,000 subjects', () => {
    const n = 20_000;
    for (const [salt, p] of [
      ['0a', 0.05],
      ['1b', 0.25],
      ['2c', 0.5],
    ] as const) {
      const inCanary = Array.from({ length: n }, (_, i) => routeOf(deployed(p), salt.repeat(32), `patient-${i}`)).filter((route) => route?.role === 'canary').length;
      assert.ok(Math.abs(inCanary / n - p) < 4 * Math.sqrt((p * (1 - p)) / n), `${inCanary} of ${n} at ${p}`);
    }
  });

  it('sends nobody at share 0 and everybody at share 1', () => {
    fc.assert(
      fc.property(key, subject, (k, s) => {
        assert.equal(routeOf(deployed(0), k, s)?.version, 1);
        assert.equal(routeOf(deployed(1), k, s)?.version, 2);
      }),
    );
  });

  it('has nothing for a subject outside a first canary', () => {
    assert.equal(routeOf({ production: null, canary: { version: 1, share: 0 } }, '00'.repeat(32), 'x'), null);
    assert.equal(routeOf({ production: null, canary: null }, '00'.repeat(32), 'x'), null);
  });

  it('draws other subjects for another version', () => {
    const inCanary = (version: number) => Array.from({ length: 2000 }, (_, i) => i).filter((i) => placeOf('0f'.repeat(32), version, `patient-${i}`) < 0.25);
    const [second, third] = [new Set(inCanary(2)), inCanary(3)];
    const both = third.filter((i) => second.has(i)).length;
    assert.ok(both > 60 && both < 200, `${both} of 2000 in both quarters, 125 expected of independent draws`);
  });
});

describe('subjectHash', () => {
  it('depends on the key and tells the subject to nobody', () => {
    fc.assert(
      fc.property(key, key, subject, (a, b, s) => {
        assert.match(subjectHash(a, s), /^[0-9a-f]{64}$/);
        if (a !== b) assert.notEqual(subjectHash(a, s), subjectHash(b, s));
      }),
    );
  });
});
