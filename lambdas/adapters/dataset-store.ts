import type { Dataset } from '../contracts/dataset.ts';
import { createDocument, getDocument, listDocuments } from './documents.ts';

const address = (datasetId: string) => ({ pk: `DATASET#${datasetId}`, sk: 'DATASET' });
const named = (name: string) => `DATASETS#${name}`;

/** Stores a dataset version; the same content again is the same version, and the first document stands. Answers it. */
export const putDataset = async (table: string, dataset: Dataset): Promise<{ dataset: Dataset; created: boolean }> => {
  const created = await createDocument(table, address(dataset.datasetId), dataset, { gsi1pk: named(dataset.name), gsi1sk: `${dataset.createdAt}#${dataset.datasetId}` });
  return { dataset: created ? dataset : (await getDataset(table, dataset.datasetId))!, created };
};

export const getDataset = (table: string, datasetId: string): Promise<Dataset | null> => getDocument(table, address(datasetId));

/** The newest dataset version that was made under this name, or null. */
export const latestDataset = async (table: string, name: string): Promise<Dataset | null> =>
  (await listDocuments<Dataset>(table, named(name), { newestFirst: true, limit: 1 }))[0] ?? null;
