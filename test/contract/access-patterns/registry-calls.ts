import * as deployments from '../../../lambdas/adapters/deployment-store.ts';
import * as versions from '../../../lambdas/adapters/model-version-store.ts';
import * as models from '../../../lambdas/adapters/registered-model-store.ts';
import * as reviews from '../../../lambdas/adapters/review-store.ts';
import * as rollouts from '../../../lambdas/adapters/rollout-store.ts';
import * as trainings from '../../../lambdas/adapters/run-store.ts';
import * as trials from '../../../lambdas/adapters/trial-store.ts';
import * as sources from '../../../lambdas/adapters/version-sources.ts';

const T = 'registry';
const P = 'p';
const NOW = '2026-06-01T00:00:00.000Z';
const DRAFT = { userId: 'u', source: 's3://b/m', location: 's3://b/m', runId: 'r-1', tags: {} };
const modelOf = async (name = 'm') => (await models.getModel(T, P, name))!;
const viewOf = async (version: number) => (await models.getVersionView(T, P, await modelOf(), version))!;
const VERSION = {
  model: 'clinical',
  runId: 'run-1',
  stage: 'candidate',
  createdAt: NOW,
  createdBy: 'u',
  artifacts: { prefix: 'models/1/' },
  digests: {},
  contextOfUse: { statement: 's' },
} as never;
const REVIEW = (reviewId: string, version: number) => ({ reviewId, openedAt: NOW, status: 'pending', subject: { model: 'clinical', version } }) as never;
const SIGNATURE = { signatureId: 's-1', statement: { decision: 'sign', signedAt: NOW } } as never;

/** The modules whose every function is a pattern, but for those that ask the store for nothing by themselves. */
export const REGISTRY_STORES = { ...models, ...versions, ...sources, ...deployments, ...trials, ...rollouts, ...reviews, ...trainings };

/** Each pattern's function, in an order in which each finds what it works on; what was asked for before `begin` is no part of it. */
export const REGISTRY_CALLS: Record<string, (begin: () => void) => Promise<unknown>> = {
  createModel: () => models.createModel(T, P, { name: 'm', tags: {} }),
  getModel: () => models.getModel(T, P, 'm'),
  listModels: () => models.listModels(T, P),
  updateModel: () => models.updateModel(T, P, 'm', { set: { description: 'd' } }),
  createVersion: async () => {
    await models.createVersion(T, P, 'm', DRAFT);
    await models.createVersion(T, P, 'm', DRAFT);
  },
  getVersionView: async (begin) => {
    const model = await modelOf();
    begin();
    await models.getVersionView(T, P, model, 1);
  },
  listVersionViews: async (begin) => {
    const model = await modelOf();
    begin();
    await models.listVersionViews(T, P, model);
  },
  updateVersion: async (begin) => {
    const model = await modelOf();
    begin();
    await models.updateVersion(T, P, model, 1, { set: { description: 'd' } });
  },
  moveStages: async (begin) => {
    const model = await modelOf();
    begin();
    await models.moveStages(T, P, model, [{ version: 1, from: 'None', to: 'Staging' }], 'u');
  },
  setAlias: async (begin) => {
    const model = await modelOf();
    begin();
    await models.setAlias(T, P, model, 'candidate', 1, 'u');
  },
  listChanges: async (begin) => {
    const { key } = await modelOf();
    begin();
    await models.listChanges(T, P, key);
  },
  neededBy: () => sources.neededBy(T, P, { run: 'r-1' }),
  deleteVersion: async (begin) => {
    const [model, view] = [await modelOf(), await viewOf(1)];
    begin();
    await models.deleteVersion(T, P, model, view, 'u');
  },
  renameModel: () => models.renameModel(T, P, 'm', 'n'),
  deleteModel: async (begin) => {
    const model = await modelOf('n');
    const views = await models.listVersionViews(T, P, model);
    begin();
    await models.deleteModel(T, P, model, views, 'u');
  },

  keysNamed: () => models.keysNamed(T, P, 'n'),

  registerVersion: () => versions.registerVersion(T, VERSION),
  getVersion: () => versions.getVersion(T, 'clinical', 1),
  requireVersion: () => versions.requireVersion(T, 'clinical', 1),
  listVersions: () => versions.listVersions(T, 'clinical', 10),
  listStageChanges: () => versions.listStageChanges(T, 'clinical'),
  changeDeprecation: async (begin) => {
    const version = await versions.requireVersion(T, 'clinical', 1);
    begin();
    await versions.changeDeprecation(T, 'clinical', version, { version: 1, deprecated: true, at: NOW, by: 'u', reason: 'r' } as never);
  },
  listDeprecations: () => versions.listDeprecations(T, 'clinical'),
  noteVersion: () => versions.noteVersion(T, 'clinical', 1, { card: { key: 'k' } } as never),
  changeStage: () => versions.changeStage(T, { model: 'clinical', version: 1, from: 'candidate', to: 'approved', by: 'u', reason: 'r' } as never),

  createRun: () => trainings.createRun(T, { runId: 'run-1', status: 'running', createdAt: NOW } as never),
  getRun: () => trainings.getRun(T, 'run-1'),
  requireRun: () => trainings.requireRun(T, 'run-1'),
  listRuns: () => trainings.listRuns(T, 10),
  noteTracking: () => trainings.noteTracking(T, 'run-1', {}),
  noteRun: () => trainings.noteRun(T, 'run-1', { status: 'succeeded' } as never),

  openReview: () => reviews.openReview(T, REVIEW('rv-1', 1)),
  getReview: () => reviews.getReview(T, 'rv-1'),
  requireReview: () => reviews.requireReview(T, 'rv-1'),
  listReviews: () => reviews.listReviews(T, 10),
  reviewOf: () => reviews.reviewOf(T, 'clinical', 1),
  keepTaskToken: () => reviews.keepTaskToken(T, 'rv-1', 'token'),
  taskTokenOf: () => reviews.taskTokenOf(T, 'rv-1'),
  decideReview: () => reviews.decideReview(T, 'rv-1', SIGNATURE, 'sign-in'),
  signatureOf: () => reviews.signatureOf(T, 'clinical', 1),
  expireReview: async (begin) => {
    await reviews.openReview(T, REVIEW('rv-2', 2));
    begin();
    await reviews.expireReview(T, 'rv-2', NOW);
  },

  createRollout: () => rollouts.createRollout(T, { rolloutId: 'ro-1', model: 'clinical', createdAt: NOW } as never),
  getRollout: () => rollouts.getRollout(T, 'ro-1'),
  requireRollout: () => rollouts.requireRollout(T, 'ro-1'),
  updateRollout: () => rollouts.updateRollout(T, 'ro-1', { share: 5 } as never),
  listRollouts: () => rollouts.listRollouts(T, 'clinical', 5),
  makeRoutingKey: () => deployments.makeRoutingKey(T, 'clinical'),
  getRoutingKey: () => deployments.getRoutingKey(T, 'clinical'),
  putDeployment: () => deployments.putDeployment(T, { model: 'clinical', revision: 0 } as never),
  listDeployments: () => deployments.listDeployments(T, 'clinical'),
  getDeployment: () => deployments.getDeployment(T, 'clinical'),

  createTrial: () => trials.createTrial(T, { trialId: 't-1', status: 'running', createdAt: NOW } as never),
  getTrial: () => trials.getTrial(T, 't-1'),
  requireTrial: () => trials.requireTrial(T, 't-1'),
  endTrial: () => trials.endTrial(T, 't-1', { status: 'succeeded', endedAt: NOW } as never),
};
