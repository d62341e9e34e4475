import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type PredictionCall, PredictionRecord } from '../../../lambdas/contracts/prediction.ts';
import { auditedBatch, batchId, logFiles, predictionEdges } from '../../../lambdas/domain/prediction/batch.ts';
import { FeatureView, servingSchema } from '../../../lambdas/domain/features/feature-view.ts';
import { featuresRefused } from '../../../lambdas/domain/prediction/request-errors.ts';

const record = (id: string, at: string, role: PredictionRecord['role'] = 'production', model = 'mm'): PredictionRecord => ({
  predictionId: `prd_${id}`,
  at,
  model,
  version: 1,
  role,
  subjectHash: 'aa',
  features: { age: 5 },
  weeklyDoseMg: 30,
  lowerMgPerWeek: 20,
  upperMgPerWeek: 40,
  latencyMs: 3,
  username: 'u',
});

describe('batchId', () => {
  it('does not depend on the order of delivery', () => {
    assert.equal(batchId(['a', 'b', 'c']), batchId(['c', 'a', 'b']));
    assert.notEqual(batchId(['a', 'b']), batchId(['a', 'b', 'c']));
  });
});

describe('logFiles', () => {
  it('makes one NDJSON file per model and day, in order of time, each line a whole record', () => {
    const records = [
      record('00000002', '2026-01-01T10:00:00.000Z'),
      record('00000001', '2026-01-01T09:00:00.000Z'),
      record('00000003', '2026-01-02T00:00:00.000Z'),
      record('00000004', '2026-01-01T00:00:00.000Z', 'canary', 'nn'),
    ];
    const files = logFiles(records);
    assert.deepEqual(
      files.map(({ model, date }) => `${model} ${date}`),
      ['mm 2026-01-01', 'mm 2026-01-02', 'nn 2026-01-01'],
    );
    const lines = files[0]!.ndjson.split('\n');
    assert.equal(lines.pop(), '');
    assert.deepEqual(
      lines.map((line) => PredictionRecord.parse(JSON.parse(line)).predictionId),
      ['prd_00000001', 'prd_00000002'],
    );
  });
});

describe('predictionEdges', () => {
  it('tells the version that answered from the one in the shadow', () => {
    assert.deepEqual(predictionEdges([record('00000001', '2026-01-01T10:00:00.000Z'), { ...record('00000001', '2026-01-01T10:00:00.000Z', 'shadow'), version: 2 }]), [
      { from: 'mm@1', to: 'prd_00000001', relation: 'predicted' },
      { from: 'mm@2', to: 'prd_00000001', relation: 'shadow-predicted' },
    ]);
  });
});

describe('auditedBatch', () => {
  it('names each call and holds no feature', () => {
    const call: PredictionCall = {
      requestId: 'r1',
      at: '2026-01-01T10:00:00.000Z',
      who: { subject: 's', username: 'u', roles: ['clinician'], authentication: 'cognito-jwt' },
      what: 'createPrediction',
      result: 'success',
      data: { predictionId: 'prd_00000001' },
      records: [record('00000001', '2026-01-01T10:00:00.000Z')],
      faults: [],
    };
    const { calls } = auditedBatch('b', [call, { ...call, requestId: 'r2', result: 'denied', records: [] }]) as { calls: { requestId: string; result: string }[] };
    assert.deepEqual(
      calls.map(({ requestId, result }) => [requestId, result]),
      [
        ['r1', 'success'],
        ['r2', 'denied'],
      ],
    );
    assert.ok(!JSON.stringify(calls).includes('features'));
  });
});

describe('featuresRefused', () => {
  const feature = { title: '', known: 'at-index', from: { rule: 'item', item: 'i' } };
  const view = FeatureView.parse({
    name: 'v',
    version: 1,
    title: '',
    items: {},
    label: { name: 'd', item: 'd', unit: 'u' },
    observed: [],
    cohort: [],
    features: [
      { ...feature, name: 'age_decade', kind: 'numeric', unit: 'decade', min: 1, max: 9, center: 6, scale: 1, required: true },
      { ...feature, name: 'allele', kind: 'categorical', levels: ['A', 'B'] },
    ],
  });
  const refusal = (features: Record<string, string | number | boolean | null>) => {
    const parsed = servingSchema(view).safeParse(features);
    assert.ok(!parsed.success);
    const outcome = featuresRefused(parsed.error, features);
    assert.ok(!outcome.ok);
    return outcome.problem;
  };

  it('names field, value and range in one line', () => {
    const problem = refusal({ age_decade: 12, allele: 'A' });
    assert.equal(problem.status, 400);
    assert.equal(problem.detail, 'features.age_decade: 12 must be a number of 1 to 9 decade');
    assert.deepEqual(problem.errors, [{ field: 'features.age_decade', value: 12, allowed: 'must be a number of 1 to 9 decade' }]);
  });

  it('names a missing, a mistyped and an unknown feature', () => {
    assert.match(refusal({}).detail, /^features\.age_decade: null must be a number/);
    assert.match(refusal({ age_decade: 'old' }).detail, /^features\.age_decade: "old" must be a number/);
    const unknown = refusal({ age_decade: 5, wombat: 1 });
    assert.match(unknown.detail, /^features\.wombat: 1 unknown feature wombat: known are age_decade, allele/);
    assert.equal(unknown.errors?.[0]?.field, 'features.wombat');
  });
});
