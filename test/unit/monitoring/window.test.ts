import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MonitoringRun } from '../../../lambdas/contracts/monitoring.ts';
import type { PredictionRecord } from '../../../lambdas/contracts/prediction.ts';
import { scheduledRun } from '../../../lambdas/domain/monitoring/scheduled-run.ts';
import { featuresRead } from '../../../lambdas/domain/monitoring/trained-model.ts';
import { checkedWindow, lastDays, windowRows } from '../../../lambdas/domain/monitoring/window.ts';
import { VIEW } from './cohort.ts';

const FROM = '2026-01-01T00:00:00Z';

describe('a window', () => {
  it('ends after it begins', () => {
    for (const to of [FROM, '2025-12-31T23:59:59Z', '2026-01-01T01:00:00+02:00']) {
      const refusal = checkedWindow({ from: FROM, to }, 92);
      assert.ok(!refusal.ok && refusal.problem.status === 400, to);
      assert.deepEqual([refusal.problem.detail, refusal.problem.errors], [`to ${to} must be after from ${FROM}`, [{ field: 'to', value: to, allowed: `after ${FROM}` }]]);
    }
  });

  it('is not longer than the model says', () => {
    const refusal = checkedWindow({ from: FROM, to: '2026-04-03T00:00:01Z' }, 92);
    assert.ok(!refusal.ok);
    assert.deepEqual(refusal.problem.errors, [{ field: 'to', value: '2026-04-03T00:00:01Z', allowed: `${FROM} to 2026-04-03T00:00:00.000Z` }]);
    assert.ok(checkedWindow({ from: FROM, to: '2026-04-03T00:00:00Z' }, 92).ok);
  });

  it('of the schedule is the last full days; one run a day and version, however often it is asked for', () => {
    assert.deepEqual(lastDays(28, new Date('2026-02-10T00:30:00Z')), { from: '2026-01-13T00:00:00.000Z', to: '2026-02-10T00:00:00.000Z' });
    const run = (version: string, at: string) => scheduledRun(version, 'warfarin', 28, new Date(at), 'service:x');
    assert.deepEqual(MonitoringRun.parse(run('warfarin@1', '2026-02-10T00:30:00Z')), run('warfarin@1', '2026-02-10T00:30:00Z'));
    assert.equal(run('warfarin@1', '2026-02-10T00:30:00Z').monitoringRunId, run('warfarin@1', '2026-02-10T07:00:00Z').monitoringRunId);
    assert.equal(
      new Set(
        [run('warfarin@1', '2026-02-10T00:30:00Z'), run('warfarin@2', '2026-02-10T00:30:00Z'), run('warfarin@1', '2026-02-11T00:30:00Z')].map(
          ({ monitoringRunId }) => monitoringRunId,
        ),
      ).size,
      3,
    );
  });
});

it('a version is judged by its own answers and their outcomes', () => {
  const answered = (id: string, version: number): PredictionRecord => ({
    predictionId: `prd_${id}`,
    at: FROM,
    model: 'warfarin',
    version,
    role: 'production',
    subjectHash: '',
    features: {},
    weeklyDoseMg: 30,
    lowerMgPerWeek: 20,
    upperMgPerWeek: 40,
    latencyMs: 4,
    username: 'u',
  });
  const outcome = { predictionId: 'prd_a', weeklyDoseMg: 35, model: 'warfarin', version: 1, predictedAt: FROM, recordedAt: FROM, recordedBy: 'u' };
  assert.deepEqual(
    windowRows(1, [answered('a', 1), answered('b', 2), answered('c', 1)], [outcome]).map(({ observed, predicted }) => [predicted, observed]),
    [
      [30, 35],
      [30, null],
    ],
  );
});

it('a version reads what it encodes and what its graphs take by name, of the view’s features', () => {
  const trained = {
    featuresUsed: ['race', 'vkorc1'],
    inputs: { 'dose.onnx': ['features', 'target_inr'], 'course.onnx': ['parameters'] },
    interval: { level: 0.9 },
    hyperparameters: {},
  };
  assert.deepEqual([...featuresRead(trained, VIEW)], ['target_inr', 'race', 'vkorc1']);
});
