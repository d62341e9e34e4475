import type { Dataset, DatasetRequest, RebuildResult } from '../lambdas/contracts/dataset.ts';
import type { Problem } from '../lambdas/contracts/outcome.ts';
import { type Client, ProblemError } from './client.ts';

const BETWEEN_MS = 500;

/** Asks again while it is under way; a problem that ended it is an error. */
const ended = async <T extends { problem?: Problem | undefined }>(first: T, isUnderWay: (asked: T) => boolean, again: (asked: T) => Promise<T>): Promise<T> => {
  let asked = first;
  while (isUnderWay(asked)) {
    await new Promise((resume) => setTimeout(resume, BETWEEN_MS));
    asked = await again(asked);
  }
  if (asked.problem) throw new ProblemError(asked.problem);
  return asked;
};

/** Asks for a dataset version and waits until it is made; why there is none is an error. */
export const makeDataset = async (client: Client, body: DatasetRequest, progress: (text: string) => void): Promise<Dataset> => {
  const creation = await ended(
    await client('createDataset', { body }),
    ({ status, step }) => {
      progress(step);
      return status === 'making';
    },
    ({ creationId }) => client('getDatasetCreation', { params: { creationId } }),
  );
  return client('getDataset', { params: { datasetId: creation.datasetId! } });
};

/** Has a dataset version rebuilt and waits for what it came to; a fault is an error. */
export const rebuildDataset = async (client: Client, datasetId: string, progress: (text: string) => void): Promise<RebuildResult> => {
  progress('reading every object again');
  const rebuild = await ended(
    await client('rebuildDataset', { params: { datasetId }, body: {} }),
    ({ status }) => status === 'rebuilding',
    ({ rebuildId }) => client('getDatasetRebuild', { params: { rebuildId } }),
  );
  return rebuild.result!;
};
