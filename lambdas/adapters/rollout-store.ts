import type { Rollout } from '../contracts/rollout.ts';
import { createDocument, getDocument, listDocuments, updateDocument } from './documents.ts';

const address = (rolloutId: string) => ({ pk: `ROLLOUT#${rolloutId}`, sk: 'ROLLOUT' });

export const createRollout = (table: string, rollout: Rollout): Promise<boolean> =>
  createDocument(table, address(rollout.rolloutId), rollout, { gsi1pk: `ROLLOUTS#${rollout.model}`, gsi1sk: rollout.createdAt });

export const getRollout = (table: string, rolloutId: string): Promise<Rollout | null> => getDocument(table, address(rolloutId));

export const updateRollout = (table: string, rolloutId: string, changes: Partial<Rollout>, expected: Partial<Rollout> = {}): Promise<boolean> =>
  updateDocument(table, address(rolloutId), changes, expected);

export const listRollouts = (table: string, model: string, limit?: number): Promise<Rollout[]> =>
  listDocuments(table, `ROLLOUTS#${model}`, { newestFirst: true, ...(limit === undefined ? {} : { limit }) });

/** The rollout that a step works on; its absence is a fault. */
export const requireRollout = async (table: string, rolloutId: string): Promise<Rollout> => {
  const rollout = await getRollout(table, rolloutId);
  if (!rollout) throw new Error(`no rollout ${rolloutId}`);
  return rollout;
};
