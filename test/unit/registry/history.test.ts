import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Stage, StageChange } from '../../../lambdas/contracts/model-version.ts';
import type { RegistryChange } from '../../../lambdas/contracts/registered-model.ts';
import { inProductionAt, modelHistory } from '../../../lambdas/domain/registry/history.ts';

const change = (version: number, from: Stage | null, to: Stage, at: string): StageChange => ({ model: 'warfarin', version, from, to, at, by: 'test', reason: 'test' });
const history = [
  change(1, 'canary', 'production', '2026-01-10T00:00:00Z'),
  change(2, 'canary', 'production', '2026-02-10T00:00:00Z'),
  change(1, 'production', 'superseded', '2026-02-10T00:00:01Z'),
  change(2, 'production', 'rolled-back', '2026-02-11T00:00:00Z'),
  change(1, 'superseded', 'production', '2026-02-11T00:00:01Z'),
];

describe('what was in production when', () => {
  it('is told from the history alone', () => {
    assert.equal(inProductionAt(history, '2026-01-01T00:00:00Z'), null);
    assert.equal(inProductionAt(history, '2026-01-15T00:00:00Z'), 1);
    assert.equal(inProductionAt(history, '2026-02-10T12:00:00Z'), 2);
    assert.equal(inProductionAt(history, '2026-03-01T00:00:00Z'), 1);
  });

  it('does not depend on the order in which it is read', () => assert.equal(inProductionAt([...history].reverse(), '2026-02-10T12:00:00Z'), 2));

  it('compares moments, not texts', () => assert.equal(inProductionAt(history, '2026-01-10T02:00:00+02:00'), 1));
});

describe('the history of a registered model', () => {
  const alias = (version: number, at: string): RegistryChange => ({
    project: 'proband',
    model: 'warfarin',
    version,
    at,
    by: 'ann',
    change: { kind: 'alias', alias: 'champion', from: null },
  });
  const approved = { ...change(1, 'in-review', 'approved', '2026-01-05T00:00:00Z'), signatureId: 'sig_1' };

  it('is what clients did and what this installation did, in order, with the signature that stood by then', () => {
    const found = modelHistory('proband', [alias(1, '2026-01-20T00:00:00Z'), alias(1, '2026-01-02T00:00:00Z'), alias(2, '2026-02-20T00:00:00Z')], [approved, ...history]);
    assert.deepEqual(
      found.map(({ at }) => at),
      found.map(({ at }) => at).toSorted(),
    );
    assert.equal(found.length, 9);
    assert.deepEqual(
      found.filter(({ change: { kind } }) => kind === 'alias').map(({ version, signatureId }) => [version, signatureId]),
      [
        [1, undefined],
        [1, 'sig_1'],
        [2, undefined],
      ],
    );
    assert.deepEqual(found[1]!.change, { kind: 'clinical-stage', from: 'in-review', to: 'approved', reason: 'test' });
  });
});
