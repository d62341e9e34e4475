import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAXIMUM_EXTRA_BAKES, MINIMUM_RECORDS } from '../../../config/catalog/rollout.ts';
import type { PredictionFault, PredictionRecord } from '../../../lambdas/contracts/prediction.ts';
import { judgeStage, type StageEvidence, stageSignals } from '../../../lambdas/domain/serving/stage-signals.ts';

const record = (i: number, version: number, role: PredictionRecord['role'], weeklyDoseMg: number, latencyMs = 5): PredictionRecord => ({
  predictionId: `prd_${String(i).padStart(10, '0')}`,
  at: '2026-01-01T00:00:00.000Z',
  model: 'm',
  version,
  role,
  subjectHash: 's',
  features: {},
  weeklyDoseMg,
  lowerMgPerWeek: weeklyDoseMg * 0.5,
  upperMgPerWeek: weeklyDoseMg * 2,
  latencyMs,
  username: 'u',
});
const fault = (i: number): PredictionFault => ({
  predictionId: `prd_f${String(i).padStart(9, '0')}`,
  at: '2026-01-01T00:00:00.000Z',
  model: 'm',
  version: 2,
  role: 'canary',
  subjectHash: 's',
  kind: 'evaluate',
});
const many = (n: number, version: number, role: PredictionRecord['role'], dose: (i: number) => number, latency?: (i: number) => number) =>
  Array.from({ length: n }, (_, i) => record(i, version, role, dose(i), latency?.(i)));

const evidence = (changes: Partial<StageEvidence>): StageEvidence => ({
  version: 2,
  previous: 1,
  answers: many(40, 1, 'production', () => 30),
  shadows: many(40, 2, 'shadow', () => 33),
  faults: [],
  plausibleDoseMgPerWeek: { lower: 3, upper: 150 },
  ...changes,
});
const signal = (name: string, of: StageEvidence) => stageSignals(of).find((each) => each.name === name)!;

describe('stageSignals', () => {
  it('compares the version with the former one on the same patients', () => {
    const found = signal('dose-difference', evidence({}));
    assert.equal(found.n, 40);
    assert.ok(Math.abs(found.value! - 0.1) < 1e-12);
    assert.equal(found.breached, false);
    assert.equal(signal('dose-difference', evidence({ shadows: many(40, 2, 'shadow', () => 37) })).breached, true);
  });

  it('has nothing to compare a first version with', () =>
    assert.deepEqual(signal('dose-difference', evidence({ previous: null, answers: [] })), { name: 'dose-difference', value: null, limit: 0.2, n: 0, breached: false }));

  it('counts failed requests of this version', () => {
    const found = signal('error-share', evidence({ faults: [fault(1), fault(2)] }));
    assert.deepEqual([found.value, found.n, found.breached], [2 / 42, 42, true]);
    assert.equal(signal('error-share', evidence({ faults: [{ ...fault(1), version: 1 }] })).value, 0);
  });

  it('takes the 95th percentile by nearest rank', () => {
    const found = signal(
      'latency-p95-ms',
      evidence({
        shadows: many(
          20,
          2,
          'shadow',
          () => 30,
          (i) => i + 1,
        ),
      }),
    );
    assert.deepEqual([found.value, found.n], [19, 20]);
    assert.equal(
      signal(
        'latency-p95-ms',
        evidence({
          shadows: many(
            20,
            2,
            'shadow',
            () => 30,
            (i) => (i < 18 ? 5 : 501),
          ),
        }),
      ).breached,
      true,
    );
  });

  it('counts doses outside the plausible range, and doses that are no number', () => {
    assert.equal(signal('implausible-dose-share', evidence({ shadows: many(40, 2, 'shadow', (i) => (i < 2 ? 151 : 30)) })).value, 0.05);
    assert.equal(signal('implausible-dose-share', evidence({ shadows: many(40, 2, 'shadow', (i) => (i === 0 ? Number.NaN : 30)) })).value, 0.025);
  });

  it('counts intervals too wide to act on', () => {
    const wide = many(40, 2, 'shadow', () => 30).map((each, i) => (i < 8 ? { ...each, lowerMgPerWeek: 9, upperMgPerWeek: 91 } : each));
    const found = signal('wide-interval-share', evidence({ shadows: wide }));
    assert.deepEqual([found.value, found.breached], [0.2, true]);
  });

  it('decides nothing on fewer than the minimum', () =>
    assert.equal(signal('dose-difference', evidence({ shadows: many(MINIMUM_RECORDS - 1, 2, 'shadow', () => 99) })).breached, false));
});

describe('judgeStage', () => {
  const few = (dose: number) => stageSignals(evidence({ shadows: many(MINIMUM_RECORDS - 1, 2, 'shadow', () => dose) }));

  it('goes on when every signal is inside its limit', () => assert.equal(judgeStage('canary-5', stageSignals(evidence({})), true, 1).next, 'go-on'));

  it('rolls back on a breach and names signal, value, limit and n', () => {
    const verdict = judgeStage('canary-25', stageSignals(evidence({ shadows: many(40, 2, 'shadow', () => 45) })), true, 1);
    assert.deepEqual([verdict.outcome, verdict.next], ['breached', 'roll-back']);
    assert.equal(verdict.reason, 'canary-25: dose-difference 0.5 above 0.2 (n = 40)');
  });

  it('bakes again on too few, a bounded number of times', () => {
    assert.equal(judgeStage('canary-5', few(31), true, MAXIMUM_EXTRA_BAKES).next, 'bake-again');
    assert.deepEqual(
      (['shadow', 'canary-5', 'canary-25', 'production'] as const).map((stage) => judgeStage(stage, few(31), true, MAXIMUM_EXTRA_BAKES + 1).next),
      ['go-on', 'roll-back', 'roll-back', 'go-on'],
    );
  });

  it('never goes on with a signal above its limit, however few', () => assert.equal(judgeStage('shadow', few(99), true, MAXIMUM_EXTRA_BAKES + 1).next, 'roll-back'));

  it('does not wait for pairs where there is no former version', () => {
    const first = stageSignals(evidence({ previous: null, answers: [] }));
    assert.equal(judgeStage('shadow', first, false, 1).next, 'go-on');
    assert.equal(judgeStage('shadow', first, true, 1).next, 'bake-again');
  });
});
