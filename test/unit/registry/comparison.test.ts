import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ModelVersion } from '../../../lambdas/contracts/model-version.ts';
import type { GateOutcome } from '../../../lambdas/contracts/run.ts';
import { VersionComparison } from '../../../lambdas/contracts/version-comparison.ts';
import { comparisonPage } from '../../../lambdas/domain/registry/comparison-page.ts';
import { lossCurves, subgroupErrors } from '../../../lambdas/domain/registry/comparison-charts.ts';
import { type VersionFacts, compareVersions } from '../../../lambdas/domain/registry/comparison.ts';
import { Evaluation } from '../../../lambdas/domain/review/evaluation.ts';
import { chartSvg } from '../../../lambdas/adapters/charts.ts';

const sha = (digit: string) => digit.repeat(64);
const gate = (name: string, value: number | null, more: Partial<GateOutcome> = {}): GateOutcome => ({
  name,
  title: `Gate ${name}`,
  measure: name,
  comparison: '<=',
  threshold: 9,
  unit: 'mg/week',
  value,
  n: 100,
  interval: null,
  outcome: 'pass',
  reason: '',
  evidence: null,
  ...more,
});
const group = (level: string, maeMgPerWeek: number, maeInterval: [number, number] | null) => ({
  characteristic: 'sex',
  level,
  n: 50,
  maeMgPerWeek,
  within20Percent: 45,
  maeInterval,
});
const facts = (
  version: number,
  changes: { data?: string; gates?: GateOutcome[]; seed?: number; hyperparameters?: Record<string, unknown>; subgroups?: ReturnType<typeof group>[]; mae?: number },
): VersionFacts => ({
  version: {
    model: 'mm',
    version,
    stage: 'candidate',
    createdAt: '2026-01-01T00:00:00.000Z',
    createdBy: 'ann',
    runId: `run_0000000${version}`,
    datasetId: 'ds_00000001',
    contextOfUse: { name: 'dosing', riskTier: 'high', statement: '' },
    gates: changes.gates ?? [],
    digests: { model: sha(String(version)), data: sha(changes.data ?? 'd'), gates: sha('e'), contextOfUse: sha('c'), code: 'abc', environment: 'env', featureView: sha('f') },
  } as unknown as ModelVersion,
  run: { seed: changes.seed ?? 1, contextOfUse: 'dosing', hyperparameters: changes.hyperparameters ?? { steps: 250 } },
  evaluation: Evaluation.parse({
    measures: [],
    metrics: { leaveOneSiteOut: { model: { n: 100, maeMgPerWeek: changes.mae ?? 8, within20Percent: 46 } } },
    subgroups: changes.subgroups ?? [],
  }),
});

describe('compareVersions', () => {
  it('says what differs first, and what only one of them has', () => {
    const found = compareVersions(facts(1, { hyperparameters: { steps: 250, members: 10 } }), facts(2, { hyperparameters: { steps: 500, hidden: 4 }, seed: 7 }));
    assert.deepEqual(
      found.parameters.filter(({ same }) => !same),
      [
        { name: 'hidden', base: null, other: 4, same: false },
        { name: 'members', base: 10, other: null, same: false },
        { name: 'seed', base: 1, other: 7, same: false },
        { name: 'steps', base: 250, other: 500, same: false },
      ],
    );
    assert.deepEqual(
      found.parameters.map(({ same }) => same).toSorted(),
      found.parameters.map(({ same }) => same),
    );
    assert.deepEqual(
      found.digests.filter(({ same }) => !same).map(({ name }) => name),
      ['model'],
    );
    assert.equal(found.sameData, true);
    assert.equal(compareVersions(facts(1, {}), facts(2, { data: '9' })).sameData, false);
  });

  it('puts each gate beside its like, also one that the other lacks or whose rule moved', () => {
    const { gates } = compareVersions(
      facts(1, { gates: [gate('a', 8), gate('b', 7), gate('c', null, { outcome: 'not-applicable' })] }),
      facts(2, { gates: [gate('a', 9.5, { outcome: 'fail' }), gate('b', 7, { threshold: 10 }), gate('d', 1)] }),
    );
    assert.deepEqual(
      gates.map(({ name, base, other, change, sameThreshold }) => [name, base.outcome, other.outcome, change, sameThreshold]),
      [
        ['a', 'pass', 'fail', 1.5, true],
        ['b', 'pass', 'pass', 0, false],
        ['c', 'not-applicable', 'absent', null, false],
        ['d', 'absent', 'pass', null, false],
      ],
    );
  });

  it('calls a subgroup better or worse only outside both intervals', () => {
    const { subgroups } = compareVersions(
      facts(1, { subgroups: [group('a', 8, [7, 9]), group('b', 8, [7, 9]), group('c', 8, [7, 9]), group('d', 8, null)] }),
      facts(2, { subgroups: [group('a', 6, [5, 7]), group('b', 10, [9.5, 11]), group('c', 9.2, [7.9, 10]), group('d', 5, [4, 6])] }),
    );
    assert.deepEqual(
      subgroups.map(({ level, verdict, changeMgPerWeek }) => [level, verdict, changeMgPerWeek]),
      [
        ['a', 'better', -2],
        ['b', 'worse', 2],
        ['c', 'indistinguishable', 9.2 - 8],
        ['d', 'not-comparable', -3],
      ],
    );
  });

  it('is what the API answers, and is told the other way round with the signs turned', () => {
    const [a, b] = [facts(1, { mae: 8, gates: [gate('a', 8)] }), facts(2, { mae: 7.5, gates: [gate('a', 9)] })];
    const [there, back] = [compareVersions(a, b), compareVersions(b, a)];
    assert.deepEqual(VersionComparison.parse(there), there);
    assert.equal(there.performance[0]!.change.maeMgPerWeek, -0.5);
    assert.equal(back.performance[0]!.change.maeMgPerWeek, 0.5);
    assert.equal(there.gates[0]!.change, 1);
    assert.equal(back.gates[0]!.change, -1);
  });
});

describe('comparisonPage', () => {
  it('draws both versions, and escapes what people wrote', async () => {
    const comparison = compareVersions(
      facts(1, { subgroups: [group('<b>female</b>', 8, [7, 9])], gates: [gate('a', 8)] }),
      facts(2, { subgroups: [group('<b>female</b>', 6, [5, 7])], gates: [gate('a', 9)] }),
    );
    const losses = {
      steps: 100,
      folds: ['x', 'y'],
      hybrid: [
        [1, 3],
        [0.5, 0.7],
      ],
    };
    const page = comparisonPage(comparison, {
      subgroups: await chartSvg(subgroupErrors(comparison)),
      losses: await chartSvg(lossCurves(comparison, { base: losses, other: null })!),
    });
    assert.match(page, /1 subgroups better, 0 worse/);
    assert.equal(page.match(/<svg /g)?.length, 2);
    assert.doesNotMatch(page, /<b>female/);
    assert.equal(lossCurves(comparison, { base: null, other: null }), null);
  });
});
