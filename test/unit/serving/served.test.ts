import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ModelVersion, StageChange } from '../../../lambdas/contracts/model-version.ts';
import type { Signature } from '../../../lambdas/contracts/review.ts';
import type { Deployment } from '../../../lambdas/contracts/rollout.ts';
import { placeOf } from '../../../lambdas/domain/serving/routing.ts';
import { dayOf, routingDuring, servedVersion, versionsIn } from '../../../lambdas/domain/serving/served.ts';

const KEY = '0a'.repeat(32);
const revision = (number: number, updatedAt: string, changes: Partial<Deployment> = {}): Deployment => ({
  model: 'm',
  revision: number,
  production: 1,
  canary: null,
  shadow: null,
  updatedAt,
  ...changes,
});
const { from, to } = dayOf('2026-03-02');

describe('routingDuring', () => {
  it('knows no version before the first deployment, and goes on after the last', () => {
    assert.deepEqual(routingDuring([revision(0, '2026-03-03T00:00:00.000Z')], KEY, 'x', from, to), []);
    assert.deepEqual(routingDuring([revision(0, '2026-01-01T00:00:00.000Z')], KEY, 'x', from, to), [{ from, to, revision: 0, version: 1, role: 'production' }]);
  });

  it('splits a day where a rollout moved it, and follows the subject’s own place in the canary', () => {
    const inside = Array.from({ length: 100 }, (_, i) => `patient-${i}`).find((subject) => placeOf(KEY, 2, subject) < 0.25)!;
    const outside = Array.from({ length: 100 }, (_, i) => `patient-${i}`).find((subject) => placeOf(KEY, 2, subject) >= 0.25)!;
    const revisions = [
      revision(0, '2026-02-01T00:00:00.000Z'),
      revision(1, '2026-03-02T10:00:00.000Z', { canary: { version: 2, share: 0.25 }, rollout: 'rol_00000001' }),
      revision(2, '2026-03-02T11:00:00.000Z', { production: 2 }),
    ];
    const seen = (subject: string) => routingDuring(revisions, KEY, subject, from, to).map(({ from: begins, version, role }) => [begins.slice(11, 13), version, role]);
    assert.deepEqual(seen(inside), [
      ['00', 1, 'production'],
      ['10', 2, 'canary'],
      ['11', 2, 'production'],
    ]);
    assert.deepEqual(seen(outside), [
      ['00', 1, 'production'],
      ['10', 1, 'production'],
      ['11', 2, 'production'],
    ]);
  });

  it('says that nobody answered while the only version was in the shadow', () => {
    assert.deepEqual(routingDuring([revision(0, '2026-01-01T00:00:00.000Z', { production: null, shadow: 1 })], KEY, 'x', from, to), [
      { from, to, revision: 0, version: null, role: null },
    ]);
  });

  it('covers the day from the first revision on without gap or overlap, whatever the order they come in', () => {
    const times = fc.uniqueArray(fc.integer({ min: Date.parse('2026-02-28T00:00:00Z'), max: Date.parse('2026-03-04T00:00:00Z') }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(times, (instants) => {
        const revisions = instants.sort((a, b) => a - b).map((instant, index) => revision(index, new Date(instant).toISOString()));
        const routing = routingDuring(revisions.toReversed(), KEY, 'x', from, to);
        const begins = Math.max(instants[0]!, Date.parse(from));
        if (begins >= Date.parse(to)) return assert.deepEqual(routing, []);
        assert.equal(Date.parse(routing[0]!.from), begins);
        assert.equal(routing.at(-1)!.to, to);
        for (const [index, entry] of routing.slice(1).entries()) assert.equal(entry.from, routing[index]!.to);
      }),
    );
  });
});

describe('servedVersion', () => {
  const version = {
    model: 'm',
    version: 2,
    digests: { model: 'a' },
    datasetId: 'ds_00000001',
    contextOfUse: { name: 'dosing' },
    deprecation: { reason: 'a newer one', at: '2026-03-03T00:00:00.000Z', by: 'ann' },
  } as unknown as ModelVersion;
  const signature = {
    signatureId: 'sig_1',
    statement: { decision: 'sign', username: 'cora', printedName: 'Cora C', meaning: 'for use', signedAt: '2026-03-01T00:00:00.000Z' },
  } as unknown as Signature;
  const history = [
    { version: 1, to: 'production', at: '2026-01-01T00:00:00.000Z' },
    { version: 2, to: 'approved', at: '2026-03-01T00:00:00.000Z' },
    { version: 2, to: 'superseded', at: '2026-04-01T00:00:00.000Z' },
  ] as unknown as StageChange[];

  it('shows only what stood by then', () => {
    const served = servedVersion(version, signature, history, to);
    assert.equal(served.signature?.signer, 'cora');
    assert.deepEqual(
      served.stages.map((change) => change.to),
      ['approved'],
    );
    assert.equal(served.deprecation, undefined);
    assert.equal(servedVersion(version, signature, history, '2026-03-04T00:00:00.000Z').deprecation?.by, 'ann');
  });

  it('calls nothing signed that was signed later or rejected', () => {
    assert.equal(servedVersion(version, signature, history, '2026-02-01T00:00:00.000Z').signature, null);
    assert.equal(servedVersion(version, { ...signature, statement: { ...signature.statement, decision: 'reject' } }, history, to).signature, null);
    assert.equal(servedVersion(version, null, history, to).signature, null);
  });
});

describe('versionsIn', () => {
  it('names each version once, that of an answer and that of the routing', () => {
    assert.deepEqual(versionsIn([{ version: 3 }, { version: 1 }, { version: 3 }], [{ version: 2 }, { version: null }, { version: 1 }]), [1, 2, 3]);
  });
});
