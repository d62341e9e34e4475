import type { DatasetRebuild } from '../contracts/dataset.ts';
import { createDocument, getDocument, updateDocument } from './documents.ts';

const address = (rebuildId: string) => ({ pk: `DATASET-REBUILD#${rebuildId}`, sk: 'REBUILD' });

export const createRebuild = (table: string, rebuild: DatasetRebuild): Promise<boolean> => createDocument(table, address(rebuild.rebuildId), rebuild);

export const getRebuild = (table: string, rebuildId: string): Promise<DatasetRebuild | null> => getDocument(table, address(rebuildId));

/** Ends a rebuild; answers false where it has ended already. */
export const endRebuild = (table: string, rebuildId: string, ended: Pick<DatasetRebuild, 'status' | 'endedAt' | 'result' | 'problem'>): Promise<boolean> =>
  updateDocument(table, address(rebuildId), ended, { status: 'rebuilding' });
