import { batchPut, slices } from '../../../lambdas/adapters/tracking/batches.ts';
import { headAt, indexAt, metricAt, paramAt, tagAt } from '../../../lambdas/adapters/tracking/addresses.ts';
import { type BlockRef, putBlocks, putManifest } from '../../../lambdas/adapters/tracking/run-blocks.ts';
import { newRevision, packRun } from '../../../lambdas/adapters/tracking/run-index.ts';
import type { TrackedRun } from '../../../lambdas/contracts/tracking.ts';
import { encode } from '../../../lambdas/domain/tracking/metric-series.ts';
import { BLOCK_RUNS, packBlocks } from '../../../lambdas/domain/tracking/run-block.ts';
import { randomOf } from '../../../local/cohort/random.ts';

const random = randomOf(20_260_601);
const START = 1_760_000_000_000;
const ARCHITECTURES = ['hybrid', 'linear', 'mechanistic', 'neural'];

/** A run as a sweep leaves it: 10 parameters, 8 metrics, 6 tags. */
export const sweepRun = (experimentId: string, index: number): TrackedRun => {
  const runId = index.toString(16).padStart(32, '0');
  const startTime = START + index * 60_000;
  const metric = (key: string, value: number) => [key, { key, value, timestamp: startTime + 50_000, step: 99 }] as const;
  const rate = 10 ** (-5 + 4 * random.uniform());
  const loss = 0.2 + random.uniform();
  return {
    runId,
    experimentId,
    name: `sweep-${index}`,
    userId: `scientist-${index % 7}`,
    status: index % 50 === 0 ? 'FAILED' : 'FINISHED',
    startTime,
    endTime: startTime + 55_000,
    lifecycle: index % 200 === 0 ? 'deleted' : 'active',
    artifactUri: `mlflow-artifacts:/${experimentId}/${runId}/artifacts`,
    params: {
      architecture: ARCHITECTURES[index % 4]!,
      learning_rate: String(rate),
      depth: String(1 + (index % 6)),
      width: String(2 ** (4 + (index % 5))),
      dropout: String(Math.round(random.uniform() * 50) / 100),
      seed: String(index),
      batch_size: String(2 ** (5 + (index % 4))),
      optimiser: index % 3 === 0 ? 'adam' : 'sgd',
      horizon_days: '90',
      solver: 'quadrature',
    },
    tags: {
      'mlflow.runName': `sweep-${index}`,
      'mlflow.user': `scientist-${index % 7}`,
      'mlflow.source.name': 'train.py',
      'mlflow.source.type': 'LOCAL',
      'mlflow.source.git.commit': (index * 7919).toString(16).padStart(40, 'a'),
      site: `hospital-${index % 21}`,
    },
    metrics: Object.fromEntries([
      metric('loss', loss),
      metric('val_loss', loss + 0.1 * random.uniform()),
      metric('mae_mg_week', 8 + 4 * random.uniform()),
      metric('within_20_percent', random.uniform()),
      metric('calibration_slope', 0.8 + 0.4 * random.uniform()),
      metric('r2', random.uniform()),
      metric('epoch_seconds', 1 + random.uniform()),
      metric('gradient_norm', random.uniform() * 10),
    ]),
    datasets: [],
    modelInputs: [],
    modelOutputs: [],
  };
};

/** The items that the store's own writers leave of an ended run whose row was built. */
const itemsOf = (project: string, { params, tags, metrics, datasets: _d, modelInputs: _i, modelOutputs: _o, ...head }: TrackedRun) => [
  { ...headAt(project, head.runId), head },
  ...Object.entries(params).map(([key, value]) => ({ ...paramAt(project, head.runId, key), value })),
  ...Object.entries(tags).map(([key, value]) => ({ ...tagAt(project, head.runId, key), value })),
  ...Object.values(metrics).map((metric) => ({
    ...metricAt(project, head.runId, metric.key),
    latest: encode(metric),
    tail: [encode(metric)],
    chunks: 0,
    points: 1,
    reach: 0,
    revision: 1,
  })),
];
const rowOf = (project: string, run: TrackedRun) => {
  const revision = newRevision();
  return { ...indexAt(project, run.experimentId, run.runId), revision, ...packRun(run, revision) };
};

/** What each of them leaves for the next search to move. */
const ROWS = 1000;
const TOGETHER = 500;

/**
 * So many ended runs in an experiment: blocks as moves make them, and the last few in rows still. Items of runs themselves are written
 * where `whole` says so: a search does not read them.
 */
export const writeRuns = async (table: string, project: string, experimentId: string, count: number, { rows = ROWS, whole }: { rows?: number; whole: boolean }): Promise<void> => {
  const runsOf = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, index) => sweepRun(experimentId, from + index));
  const settled = Math.max(0, count - rows);
  const blocks: BlockRef[] = [];
  for (let from = 0; from < settled; from += BLOCK_RUNS) {
    const runs = runsOf(from, Math.min(settled, from + BLOCK_RUNS));
    blocks.push(...(await putBlocks(table, project, packBlocks(runs))));
    if (whole)
      for (const some of slices(runs, TOGETHER))
        await batchPut(
          table,
          some.flatMap((run) => itemsOf(project, run)),
        );
  }
  if (!(await putManifest(table, project, experimentId, { blocks, retired: [], revision: 1 }))) throw new Error('the experiment has runs already');
  for (const some of slices(runsOf(settled, count), TOGETHER)) {
    await batchPut(table, [...(whole ? some.flatMap((run) => itemsOf(project, run)) : []), ...some.map((run) => rowOf(project, run))]);
  }
};
