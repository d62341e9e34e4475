import type { Export } from '../contracts/export.ts';
import { createDocument, getDocument, updateDocument } from './documents.ts';

const address = (exportId: string) => ({ pk: `EXPORT#${exportId}`, sk: 'EXPORT' });

export const putExport = (table: string, document: Export): Promise<boolean> =>
  createDocument(table, address(document.exportId), document, { gsi1pk: 'EXPORTS', gsi1sk: `${document.createdAt}#${document.exportId}` });

export const getExport = (table: string, exportId: string): Promise<Export | null> => getDocument(table, address(exportId));

/** Sets members of an export's document. */
export const moveExport = (table: string, exportId: string, changes: Partial<Export>): Promise<boolean> => updateDocument(table, address(exportId), changes);
