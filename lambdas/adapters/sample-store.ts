import type { Sample } from '../contracts/sample.ts';
import { createDocument, getDocument, updateDocument } from './documents.ts';

const address = (sampleId: string) => ({ pk: `SAMPLE#${sampleId}`, sk: 'SAMPLE' });

export const createSample = (table: string, sample: Sample): Promise<boolean> => createDocument(table, address(sample.sampleId), sample);

export const getSample = (table: string, sampleId: string): Promise<Sample | null> => getDocument(table, address(sampleId));

/** Ends the reading of a sample; answers false where it has ended already. */
export const endSample = (table: string, sampleId: string, ended: Pick<Sample, 'status' | 'endedAt' | 'detail' | 'result'>): Promise<boolean> =>
  updateDocument(table, address(sampleId), ended, { status: 'awaiting-file' });
