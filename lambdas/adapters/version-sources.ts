import { queryDocuments } from './documents.ts';

/** What versions came from, in the table `registry`: a tracked run, a logged model. */
export type Source = { run: string } | { model: string };
export const sourceAt = (project: string, source: Source): string => `P#${project}#SOURCE-${'run' in source ? `RUN#${source.run}` : `MODEL#${source.model}`}`;

/** A version (`model@version`) that came from it, or null: what a version needs can't be deleted. */
export const neededBy = async (table: string, project: string, source: Source): Promise<string | null> =>
  (await queryDocuments<{ id: string }>(table, sourceAt(project, source), '', { limit: 1 }))[0]?.id ?? null;
