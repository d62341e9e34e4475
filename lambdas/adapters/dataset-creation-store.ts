import type { DatasetCreation } from '../contracts/dataset.ts';
import { createDocument, getDocument, updateDocument } from './documents.ts';

const address = (creationId: string) => ({ pk: `DATASET-CREATION#${creationId}`, sk: 'CREATION' });

export const createCreation = (table: string, creation: DatasetCreation): Promise<boolean> => createDocument(table, address(creation.creationId), creation);

export const getCreation = (table: string, creationId: string): Promise<DatasetCreation | null> => getDocument(table, address(creationId));

/** The creation that a step works on; its absence is a fault. */
export const requireCreation = async (table: string, creationId: string): Promise<DatasetCreation> => {
  const creation = await getCreation(table, creationId);
  if (!creation) throw new Error(`no dataset creation ${creationId}`);
  return creation;
};

/** Moves a creation on, or ends it; answers false where it has ended already. */
export const noteCreation = (table: string, creationId: string, changes: Partial<DatasetCreation>): Promise<boolean> =>
  updateDocument(table, address(creationId), changes, { status: 'making' });
