import type { Retraining } from '../contracts/monitoring.ts';
import { createDocument, getDocument, listDocuments, updateDocument } from './documents.ts';

const address = (retrainingId: string) => ({ pk: `RETRAINING#${retrainingId}`, sk: 'RETRAINING' });

export const createRetraining = (table: string, retraining: Retraining): Promise<boolean> =>
  createDocument(table, address(retraining.retrainingId), retraining, { gsi1pk: 'RETRAININGS', gsi1sk: `${retraining.createdAt}#${retraining.retrainingId}` });

export const getRetraining = (table: string, retrainingId: string): Promise<Retraining | null> => getDocument(table, address(retrainingId));

export const listRetrainings = (table: string, limit: number): Promise<Retraining[]> => listDocuments(table, 'RETRAININGS', { newestFirst: true, limit });

export const noteRetraining = (table: string, retrainingId: string, changes: Partial<Retraining>): Promise<boolean> => updateDocument(table, address(retrainingId), changes);
