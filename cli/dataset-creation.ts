import type { Dataset, DatasetRequest } from '../lambdas/contracts/dataset.ts';
import { type Client, ProblemError } from './client.ts';

const BETWEEN_MS = 500;

/** Asks for a dataset version and waits until it is made; why there is none is an error. */
export const makeDataset = async (client: Client, body: DatasetRequest, progress: (text: string) => void): Promise<Dataset> => {
  let creation = await client('createDataset', { body });
  while (creation.status === 'making') {
    progress(creation.step);
    await new Promise((resume) => setTimeout(resume, BETWEEN_MS));
    creation = await client('getDatasetCreation', { params: { creationId: creation.creationId } });
  }
  if (creation.problem) throw new ProblemError(creation.problem);
  return client('getDataset', { params: { datasetId: creation.datasetId! } });
};
