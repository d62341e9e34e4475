import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { chartSvg } from '../../../lambdas/adapters/charts.ts';
import { Job } from '../../../lambdas/contracts/run.ts';
import { trialCharts } from '../../../lambdas/domain/trials/charts.ts';
import { DESIGN_NAMES, findDesign } from '../../../lambdas/domain/trials/designs.ts';
import { endingOf } from '../../../lambdas/domain/trials/ending.ts';
import { trialJob } from '../../../lambdas/domain/trials/job.ts';
import { trialPage } from '../../../lambdas/domain/trials/page.ts';
import { TrialResult } from '../../../lambdas/domain/trials/result.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const trial = {
  trialId: 'trl_0000000001',
  model: 'warfarin',
  version: 2,
  design: 'eu-pact',
  seed: 7,
  datasetId: 'ds_00000001',
  status: 'completed' as const,
  createdAt: '2026-01-01T00:00:00.000Z',
  createdBy: '<b>someone</b>',
};

const difference = {
  arm: 'guided',
  reference: 'usual',
  endpoint: 'ttrPercent',
  unit: 'percentage points',
  value: 5.25,
  interval: [1, 9] as [number, number],
  trialInterval: [-2, 12] as [number, number],
};
const arms = [
  { name: 'guided', n: 40, analysed: 38, ttrPercent: 65.25, interval: [60, 70] as [number, number] },
  { name: 'usual', n: 40, analysed: 38, ttrPercent: 60, interval: [55, 65] as [number, number] },
];
const result = TrialResult.parse({
  design: { name: 'eu-pact', title: 'Guided against usual', source: 'a paper', days: 3, targetInr: [2, 3], reference: 'usual' },
  seed: 7,
  eligiblePatients: 100,
  interval: { level: 0.95, method: 'percentile bootstrap over patients' },
  arms,
  differences: [difference],
  endpoints: [
    {
      name: 'ttrPercent',
      title: 'Time in range',
      unit: '%',
      definition: 'of the observed days',
      arms: arms.map(({ name, ttrPercent, interval, analysed }) => ({ name, value: ttrPercent, interval, n: analysed })),
    },
  ],
  published: {
    citation: 'Someone et al. 2013',
    arms: [{ name: 'guided', n: 227, ttrPercent: 67.4 }],
    difference: { ttrPercent: 7, interval: [3.3, 10.6] },
    gaps: [{ arm: 'guided', endpoint: 'ttrPercent', simulated: 65.25, published: 67.4, gap: -2.15 }],
  },
  series: {
    days: [1, 2, 3],
    arms: arms.map(({ name }) => ({ name, meanInr: [1, 1.5, null], lowerDecileInr: [1, 1.2, null], upperDecileInr: [1, 1.9, null], percentInRange: [0, 30, null] })),
  },
  sensitivity: [{ name: 'every dose taken', arms: arms.map(({ name, ttrPercent, interval }) => ({ name, ttrPercent, interval })), differences: [difference] }],
  assumptions: [{ name: 'dropout', value: 0.06, source: 'assumption' }],
});

describe('designs', () => {
  it('lists every file of config/trials under its own name', () => {
    const files = readdirSync(join(ROOT, 'config', 'trials')).map((file) => JSON.parse(readFileSync(join(ROOT, 'config', 'trials', file), 'utf8')) as { name: string });
    assert.deepEqual([...DESIGN_NAMES].sort(), files.map(({ name }) => name).sort());
    assert.deepEqual(readdirSync(join(ROOT, 'config', 'trials')).sort(), DESIGN_NAMES.map((name) => `${name}.json`).sort());
  });
});

describe('trialJob', () => {
  const buckets = { lake: 'lake', artifacts: 'artifacts' };
  const job = (changes = {}) =>
    Job.parse(
      trialJob(
        { ...trial, ...changes },
        { runId: 'run_0000000001', artifacts: { prefix: 's3://artifacts/runs/run_0000000001/train/job-0/output/model/' } },
        findDesign('eu-pact')!,
        buckets,
      ),
    );

  it('simulates the version on its own run’s cohort and model', () => {
    assert.deepEqual(job().inputs, { features: 's3://lake/features/run_0000000001/', model: 's3://artifacts/runs/run_0000000001/train/job-0/output/model/' });
    assert.equal(job().output, 's3://artifacts/trials/trl_0000000001/');
  });

  it('hands the whole design over, and the number of patients only where one was asked for', () => {
    assert.deepEqual(JSON.parse(String(job().parameters['design'])), findDesign('eu-pact'));
    assert.equal(job().parameters['patientsPerArm'], undefined);
    assert.equal(job({ patientsPerArm: 50 }).parameters['patientsPerArm'], '50');
    assert.ok(Object.values(job({ patientsPerArm: 50 }).parameters).every((value) => typeof value === 'string'));
  });
});

describe('endingOf', () => {
  it('refuses bad input in the job’s own line, from the worker and from SageMaker', () => {
    assert.deepEqual(endingOf({ error: 'InvalidInput', cause: 'design.days: 3, allowed: 7-366' }), { status: 'refused', detail: 'design.days: 3, allowed: 7-366' });
    assert.deepEqual(endingOf({ error: 'States.TaskFailed', cause: '{"ExitMessage":"error: design.days: 3, allowed: 7-366","ExitCode":2}' }), {
      status: 'refused',
      detail: 'design.days: 3, allowed: 7-366',
    });
  });

  it('keeps only the first line of a fault', () =>
    assert.deepEqual(endingOf({ error: 'JobFault', cause: 'ended by signal 9\nline of data' }), { status: 'faulted', detail: 'ended by signal 9' }));
});

describe('trialPage', async () => {
  const figures = await Promise.all(trialCharts(result).map(async ({ caption, specification }) => ({ caption, svg: await chartSvg(specification) })));
  const page = trialPage(trial, result, figures);

  it('draws time in range, share in range and INR by day', () => {
    assert.equal(figures.length, 3);
    for (const { svg } of figures) assert.match(svg, /^<svg[^>]*>[\s\S]*<\/svg>$/);
    for (const text of ['guided', 'usual', '65.3', '67.4']) assert.ok(figures[0]!.svg.includes(text), text);
  });

  it('sets the published numbers and the gap beside the simulated ones', () => {
    assert.match(page, /Someone et al\. 2013/);
    assert.match(page, />-2\.1<|>-2\.2</);
    assert.match(page, /simulated \+5\.3 \(a trial of this size: -2\.0 to \+12\.0\), published \+7\.0 \(\+3\.3 to \+10\.6\)/);
  });

  it('names version, dataset and seed, and escapes what people typed', () => {
    for (const text of ['warfarin@2', 'ds_00000001', 'trl_0000000001', '&lt;b&gt;someone']) assert.ok(page.includes(text), text);
    assert.ok(!page.includes('<b>someone'));
  });
});
