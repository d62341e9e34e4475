import * as projects from '../../../lambdas/adapters/project-store.ts';
import * as evaluationDatasets from '../../../lambdas/adapters/tracking/evaluation-dataset-store.ts';
import * as evaluationRecords from '../../../lambdas/adapters/tracking/evaluation-record-store.ts';
import * as experiments from '../../../lambdas/adapters/tracking/experiment-store.ts';
import * as loggedModels from '../../../lambdas/adapters/tracking/logged-model-store.ts';
import * as samples from '../../../lambdas/adapters/tracking/metric-sample.ts';
import * as metrics from '../../../lambdas/adapters/tracking/metric-store.ts';
import { LIMITS } from '../../../lambdas/adapters/tracking/run-compaction.ts';
import * as runIndex from '../../../lambdas/adapters/tracking/run-index.ts';
import * as listing from '../../../lambdas/adapters/tracking/run-listing.ts';
import * as removal from '../../../lambdas/adapters/tracking/run-removal.ts';
import * as search from '../../../lambdas/adapters/tracking/run-search.ts';
import * as runs from '../../../lambdas/adapters/tracking/run-store.ts';
import { readRunQuestion } from '../../../lambdas/domain/tracking/search/runs.ts';

const T = 'tracking';
const P = 'p';
const RUN = 'a'.repeat(32);
const HEAD = { runId: RUN, experimentId: '1', name: 'n', userId: '', status: 'RUNNING', startTime: 0, lifecycle: 'active', artifactUri: 'a' } as const;
const INPUT = { dataset: { name: 'd', digest: '1', sourceType: 'local', source: '{}' }, tags: {} };
const PROJECT = { project: P, description: '', access: 'everyone', members: {}, production: 'open', createdAt: '2026-01-01T00:00:00.000Z', createdBy: 'test' } as const;
const MODEL = {
  modelId: 'm-1',
  experimentId: '1',
  name: 'model',
  artifactUri: 'a',
  status: 'LOGGED_MODEL_READY',
  lifecycle: 'active',
  createdAt: 0,
  updatedAt: 0,
  params: {},
  tags: {},
  metrics: [],
} as const;
const DATASET = { datasetId: 'd-1', name: 'd', digest: '1', createdAt: 0, updatedAt: 0, tags: { a: 'b' }, records: 0, revision: 0 };
const CALLER = { subject: 's', username: 'test', roles: ['data-scientist' as const], authentication: 'none' as const, sourceIp: '', device: '' };
const at = (step: number) => ({ key: 'loss', value: step, timestamp: step, step });
const question = () => {
  const read = readRunQuestion('metrics.loss > 1', []);
  if (!read.ok) throw new Error(read.problem.detail);
  return read.value;
};

/** The modules whose every function is a pattern, but for those that ask the store for nothing by themselves. */
export const TRACKING_STORES = {
  ...projects,
  ...experiments,
  ...runs,
  ...metrics,
  ...samples,
  ...search,
  ...loggedModels,
  ...evaluationDatasets,
  ...evaluationRecords,
  ...removal,
};

/** Each pattern's function, in an order in which each finds what it works on; what was asked for before `begin` is no part of it. */
export const TRACKING_CALLS: Record<string, (begin: () => void) => Promise<unknown>> = {
  createProject: () => projects.createProject(T, PROJECT),
  getProject: () => projects.getProject(T, P),
  projectFor: () => projects.projectFor({ table: T, onFirstUse: 'open' }, 'new', CALLER as never),
  listProjects: () => projects.listProjects(T),
  replaceProject: () => projects.replaceProject(T, PROJECT, { ...PROJECT, description: 'changed' }),

  createExperiment: () => experiments.createExperiment(T, P, { name: 'one', tags: {} }),
  getExperiment: () => experiments.getExperiment(T, P, '1'),
  getExperimentByName: () => experiments.getExperimentByName(T, P, 'one'),
  listExperiments: () => experiments.listExperiments(T, P),
  experimentsMade: () => experiments.experimentsMade(T, P),
  setExperimentLifecycle: async () => {
    await experiments.setExperimentLifecycle(T, P, '1', 'deleted');
    await experiments.setExperimentLifecycle(T, P, '1', 'active');
  },
  renameExperiment: async (begin) => {
    const experiment = (await experiments.getExperiment(T, P, '1'))!;
    begin();
    await experiments.renameExperiment(T, P, experiment, 'two');
  },
  setExperimentTag: () => experiments.setExperimentTag(T, P, '1', 'a', 'b'),

  createRun: () => runs.createRun(T, P, HEAD, { a: 'b' }),
  getHead: () => runs.getHead(T, P, RUN),
  getStanding: () => runs.getStanding(T, P, RUN, { params: ['depth'], metrics: ['loss'] }),
  getRun: () => runs.getRun(T, P, RUN),
  updateHead: () => runs.updateHead(T, P, HEAD, { name: 'other' }, 'active'),
  putParams: () => runs.putParams(T, P, RUN, { depth: '1' }),
  getParams: () => runs.getParams(T, P, RUN, ['depth']),
  putTags: () => runs.putTags(T, P, RUN, { a: 'b' }),
  getTag: () => runs.getTag(T, P, RUN, 'a'),
  deleteTag: () => runs.deleteTag(T, P, RUN, 'a'),
  putInputs: () => runs.putInputs(T, P, RUN, [INPUT], ['m-1']),
  putOutputs: () => runs.putOutputs(T, P, RUN, [{ modelId: 'm-1', step: 1 }]),
  touch: () => runIndex.touch(T, P, HEAD),
  appendMetrics: () =>
    metrics.appendMetrics(
      T,
      P,
      RUN,
      Array.from({ length: 300 }, (_, step) => at(step)),
    ),
  getSeries: () => metrics.getSeries(T, P, RUN, 'loss'),
  readCourse: () => metrics.readCourse(T, P, RUN, 'loss', { limit: 10 }),
  sampleCourses: () => samples.sampleCourses(T, P, [RUN], 'loss', { most: 10, mostOfRun: 100, bounds: undefined }),

  /** rows behind their runs are built again, and move into a block */
  compact: async (begin) => {
    begin();
    for await (const { source } of listing.listRuns(T, P, '1')) if (source.size < 0) throw new Error('a source has no size');
    await runs.updateHead(T, P, HEAD, { status: 'FINISHED' }, 'active');
    const limits = { ...LIMITS, leastRows: 1, patienceMs: Infinity };
    for (let round = 0; round < 3; round++) {
      for await (const { source } of listing.listRuns(T, P, '1', limits)) if (source.size < 0) throw new Error('a source has no size');
      await runs.updateHead(T, P, HEAD, { name: `round ${round}` }, 'active');
    }
  },
  searchRuns: async (begin) => {
    const experiment = (await experiments.getExperiment(T, P, '1'))!;
    begin();
    await search.searchRuns(T, P, [experiment], question(), { view: 'ACTIVE_ONLY', offset: 0, size: 10, fits: () => true });
  },
  runsWithDatasets: () => search.runsWithDatasets(T, P, '1'),

  removeRun: async (begin) => {
    const head = { ...HEAD, runId: 'b'.repeat(32) };
    await runs.createRun(T, P, head, { a: 'b' });
    await metrics.appendMetrics(
      T,
      P,
      head.runId,
      Array.from({ length: 600 }, (_, step) => at(step)),
    );
    await runs.updateHead(T, P, head, { lifecycle: 'deleted', deletedAt: 1 }, 'active');
    begin();
    await removal.removeRun(T, P, head, async () => undefined);
  },

  createLoggedModel: () => loggedModels.createLoggedModel(T, P, MODEL as never),
  getLoggedModel: () => loggedModels.getLoggedModel(T, P, 'm-1'),
  listLoggedModels: () => loggedModels.listLoggedModels(T, P, '1'),
  withMetrics: () => loggedModels.withMetrics(T, P, MODEL as never),
  putModelMetrics: () => loggedModels.putModelMetrics(T, P, [{ ...at(1), modelId: 'm-1', runId: RUN }]),
  updateLoggedModel: () => loggedModels.updateLoggedModel(T, P, MODEL, { status: 'LOGGED_MODEL_READY' }),
  setModelEntries: () => loggedModels.setModelEntries(T, P, MODEL, 'tags', { a: 'b' }),
  deleteModelTag: () => loggedModels.deleteModelTag(T, P, MODEL, 'a'),

  createEvaluationDataset: () => evaluationDatasets.createEvaluationDataset(T, P, DATASET, ['1']),
  getEvaluationDataset: () => evaluationDatasets.getEvaluationDataset(T, P, 'd-1'),
  listEvaluationDatasets: () => evaluationDatasets.listEvaluationDatasets(T, P),
  listDatasetsOf: () => evaluationDatasets.listDatasetsOf(T, P, ['1']),
  listExperimentsOf: () => evaluationDatasets.listExperimentsOf(T, P, 'd-1'),
  setDatasetTags: () => evaluationDatasets.setDatasetTags(T, P, 'd-1', { a: 'c' }),
  deleteDatasetTag: () => evaluationDatasets.deleteDatasetTag(T, P, 'd-1', 'a'),
  addToExperiments: () => evaluationDatasets.addToExperiments(T, P, 'd-1', ['2'], 1),
  removeFromExperiments: () => evaluationDatasets.removeFromExperiments(T, P, 'd-1', ['2'], 2),
  upsertRecords: () => evaluationRecords.upsertRecords(T, P, 'd-1', [{ recordId: 'r-1', inputs: { question: 'q' } }]),
  pageOfRecords: () => evaluationRecords.pageOfRecords(T, P, 'd-1', undefined, 10),
  deleteRecords: () => evaluationRecords.deleteRecords(T, P, 'd-1', ['r-1']),
  deleteEvaluationDataset: async (begin) => {
    await evaluationRecords.upsertRecords(T, P, 'd-1', [{ recordId: 'r-2', inputs: { question: 'q' } }]);
    begin();
    await evaluationDatasets.deleteEvaluationDataset(T, P, 'd-1');
  },
};
