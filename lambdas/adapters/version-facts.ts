import type { ModelVersion } from '../contracts/model-version.ts';
import { LossHistory, type VersionFacts } from '../domain/registry/comparison.ts';
import { Evaluation } from '../domain/review/evaluation.ts';
import { getVerified, getVerifiedJson } from './objects.ts';
import { requireRun } from './run-store.ts';
import { artifactOf, readTrainedModel } from './trained-model.ts';

/** What a comparison needs of a version: its run, the parameters that it was trained with, what was measured. */
export const readVersionFacts = async (registryTable: string, version: ModelVersion): Promise<VersionFacts> => {
  const [run, { hyperparameters }, evaluation] = await Promise.all([
    requireRun(registryTable, version.runId),
    readTrainedModel(version.artifacts),
    getVerified(artifactOf(version.evaluation, 'evaluation.json')),
  ]);
  return { version, run: { ...run, hyperparameters }, evaluation: Evaluation.parse(JSON.parse(evaluation.toString('utf8'))) };
};

/** Losses by checkpoint; null where the training kept none in that form. */
export const readLosses = async ({ artifacts }: ModelVersion): Promise<LossHistory | null> => {
  if (!artifacts.files.some(({ path }) => path === 'history.json')) return null;
  return LossHistory.safeParse(await getVerifiedJson(artifactOf(artifacts, 'history.json'))).data ?? null;
};
