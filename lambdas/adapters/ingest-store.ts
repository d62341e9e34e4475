import type { Ingest } from '../contracts/dataset.ts';
import { createDocument, getDocument } from './documents.ts';

const address = (ingestId: string) => ({ pk: `INGEST#${ingestId}`, sk: 'INGEST' });

/** Commits an ingest. The first commit stands: of two executions of one event, the second is answered what the first wrote. */
export const commitIngest = async (table: string, ingest: Ingest): Promise<Ingest> => {
  if (await createDocument(table, address(ingest.ingestId), ingest, { gsi1pk: 'INGESTS', gsi1sk: `${ingest.committedAt}#${ingest.ingestId}` })) return ingest;
  return (await getIngest(table, ingest.ingestId))!;
};

export const getIngest = (table: string, ingestId: string): Promise<Ingest | null> => getDocument(table, address(ingestId));

/** An ingest that something names must be there; anything else is a fault. */
export const requireIngest = async (table: string, ingestId: string): Promise<Ingest> => {
  const ingest = await getIngest(table, ingestId);
  if (!ingest) throw new Error(`${ingestId} is named by an admitted upload or a dataset and does not exist`);
  return ingest;
};
