import { queryDocuments } from './documents.ts';

/** Which versions a tracked run is the source of: `model@version` by run, in the table `registry`. */
export const sourceAt = (project: string, runId: string) => `P#${project}#SOURCE-RUN#${runId}`;

/** A version that needs the run, or null. */
export const runProtection = async (table: string, project: string, runId: string): Promise<string | null> =>
  (await queryDocuments<{ id: string }>(table, sourceAt(project, runId), '', { limit: 1 }))[0]?.id ?? null;
