import type { Run } from '../contracts/run.ts';
import { createDocument, getDocument, listDocuments, updateDocument } from './documents.ts';

const address = (runId: string) => ({ pk: `RUN#${runId}`, sk: 'RUN' });

/** False where the run is there already. */
export const createRun = (table: string, run: Run): Promise<boolean> => createDocument(table, address(run.runId), run, { gsi1pk: 'RUNS', gsi1sk: `${run.createdAt}#${run.runId}` });

export const getRun = (table: string, runId: string): Promise<Run | null> => getDocument(table, address(runId));

/** A run that a state works on must be there; anything else is a fault. */
export const requireRun = async (table: string, runId: string): Promise<Run> => {
  const run = await getRun(table, runId);
  if (!run) throw new Error(`no run ${runId}`);
  return run;
};

export const listRuns = (table: string, limit: number): Promise<Run[]> => listDocuments(table, 'RUNS', { newestFirst: true, limit });

/** What the tracker has of a run; also of one that has ended. */
export const noteTracking = (table: string, runId: string, tracking: NonNullable<Run['tracking']>): Promise<boolean> => updateDocument(table, address(runId), { tracking });

/** Notes what a state found. A run that has ended is not moved again: a state that runs twice changes nothing. */
export const noteRun = (table: string, runId: string, changes: Partial<Run>): Promise<boolean> => updateDocument(table, address(runId), changes, { status: 'running' });
