import type { Trial } from '../contracts/trial.ts';
import { createDocument, getDocument, updateDocument } from './documents.ts';

const address = (trialId: string) => ({ pk: `TRIAL#${trialId}`, sk: 'TRIAL' });

export const createTrial = (table: string, trial: Trial): Promise<boolean> => createDocument(table, address(trial.trialId), trial, { gsi1pk: 'TRIALS', gsi1sk: trial.createdAt });

export const getTrial = (table: string, trialId: string): Promise<Trial | null> => getDocument(table, address(trialId));

/** Ends a running trial; answers false where it has ended already. */
export const endTrial = (table: string, trialId: string, ending: Partial<Trial> & Pick<Trial, 'status' | 'endedAt'>): Promise<boolean> =>
  updateDocument(table, address(trialId), ending, { status: 'running' });

/** The trial that a step works on; its absence is a fault. */
export const requireTrial = async (table: string, trialId: string): Promise<Trial> => {
  const trial = await getTrial(table, trialId);
  if (!trial) throw new Error(`no trial ${trialId}`);
  return trial;
};
