import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Gate, decideGates, passed } from '../../../lambdas/domain/training/gates.ts';
import { newRun } from '../../../lambdas/domain/training/new-run.ts';
import { requireModel } from '../../../lambdas/domain/training/models.ts';

const context = { name: 'dose-decision-support', riskTier: 'high' as const, statement: 'test' };
const gate = (over: Partial<Gate>): Gate => ({
  name: 'g',
  title: 'G',
  measure: 'm',
  comparison: '<=',
  threshold: 8,
  unit: 'mg/week',
  rationale: 'r',
  source: 's',
  riskTiers: ['high'],
  ...over,
});
const decide = (over: Partial<Gate>, value: number | null | undefined) => decideGates([gate(over)], context, value === undefined ? [] : [{ name: 'm', value, n: 10 }])[0]!.outcome;

describe('gates', () => {
  it('hold a measure against its threshold, the threshold itself included', () => {
    assert.equal(decide({}, 8), 'pass');
    assert.equal(decide({}, 8.0001), 'fail');
    assert.equal(decide({ comparison: '>=' }, 7.9), 'fail');
    assert.equal(decide({ comparison: 'between', threshold: [0.85, 0.95] }, 0.9), 'pass');
    assert.equal(decide({ comparison: 'between', threshold: [0.85, 0.95] }, 0.96), 'fail');
  });

  it('fail where a measure that ought to be there is not, or is no number', () => {
    assert.equal(decide({}, undefined), 'fail');
    assert.equal(decide({}, null), 'fail');
    assert.equal(decide({}, Number.NaN), 'fail');
  });

  it('do not apply where the data cannot give the measure', () => assert.equal(decide({ requires: 'external' }, undefined), 'not-applicable'));

  it('are chosen by the risk tier', () => assert.deepEqual(decideGates([gate({ riskTiers: ['low'] })], context, []), []));

  it('pass as a whole only when none failed and at least one was passed', () => {
    assert.equal(passed(decideGates([gate({})], context, [{ name: 'm', value: 1, n: 1 }])), true);
    assert.equal(passed([]), false);
    assert.equal(passed(decideGates([gate({ requires: 'external' })], context, [])), false);
  });

  it('of the shipped models name each measure once, and every context of use has some', () => {
    const { gates, contexts } = requireModel('warfarin');
    assert.equal(new Set(gates.map(({ name }) => name)).size, gates.length);
    for (const { riskTier } of contexts)
      assert.ok(
        gates.some(({ riskTiers }) => riskTiers.includes(riskTier)),
        riskTier,
      );
  });
});

describe('a run', () => {
  const facts = { runId: 'run_12345678', now: new Date('2026-01-01T00:00:00Z'), createdBy: 'someone' };
  const request = { model: 'warfarin', datasetId: `ds_${'0'.repeat(32)}`, contextOfUse: 'dose-decision-support', seed: 1, hyperparameters: {} };

  it('starts', () => assert.equal(newRun(request, facts).ok, true));

  it('is refused with what is known instead', () => {
    const detail = (over: Partial<typeof request> | { hyperparameters: Record<string, number> }) => {
      const found = newRun({ ...request, ...over }, facts);
      return found.ok ? '' : found.problem.detail;
    };
    assert.match(detail({ model: 'digoxin' }), /no model digoxin: known are warfarin/);
    assert.match(detail({ contextOfUse: 'anything' }), /known are dose-decision-support, trial-simulation/);
    assert.match(detail({ hyperparameters: { depht: 3 } }), /depht: known are/);
  });
});
