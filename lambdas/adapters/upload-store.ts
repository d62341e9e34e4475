import type { Upload } from '../contracts/upload.ts';
import { createDocument, getDocument, updateDocument } from './documents.ts';

const upload = (uploadId: string) => ({ pk: `UPLOAD#${uploadId}`, sk: 'UPLOAD' });
const file = (sha256: string) => ({ pk: `FILE#${sha256}`, sk: 'FILE' });

/** Which upload brought these bytes first. */
export type FileClaim = { uploadId: string };

export const putUpload = (table: string, document: Upload): Promise<boolean> =>
  createDocument(table, upload(document.uploadId), document, { gsi1pk: 'UPLOADS', gsi1sk: `${document.createdAt}#${document.uploadId}` });

export const getUpload = (table: string, uploadId: string): Promise<Upload | null> => getDocument(table, upload(uploadId));

/** An upload in one of these has ended; nothing changes it any more. A faulted one may still succeed: its execution can be run again. */
const ENDED: readonly Upload['status'][] = ['admitted', 'duplicate', 'refused'];
export const hasEnded = ({ status }: Pick<Upload, 'status'>): boolean => ENDED.includes(status);

/** Moves an upload on, unless it has ended. Answers the upload's document as it stands then, or null where there is none. */
export const moveUpload = async (table: string, uploadId: string, changes: Partial<Upload>): Promise<Upload | null> => {
  for (;;) {
    const seen = await getUpload(table, uploadId);
    if (!seen || hasEnded(seen)) return seen;
    if (await updateDocument(table, upload(uploadId), changes, { status: seen.status })) return { ...seen, ...changes };
  }
};

/**
 * Claims these bytes for an upload; answers whose they are. Only an upload that was refused or stopped by a fault gives its claim up, so
 * that the same file can be sent again.
 */
export const claimFile = async (table: string, sha256: string, uploadId: string): Promise<string> => {
  for (;;) {
    if (await createDocument(table, file(sha256), { uploadId })) return uploadId;
    const owner = (await getDocument<FileClaim>(table, file(sha256)))!.uploadId;
    if (owner === uploadId) return owner;
    const status = (await getUpload(table, owner))?.status;
    if (status !== 'refused' && status !== 'faulted') return owner;
    if (await updateDocument(table, file(sha256), { uploadId }, { uploadId: owner })) return uploadId;
  }
};
