import { createHash } from 'node:crypto';
import type { Client } from '../../cli/client.ts';
import type { Upload } from '../../lambdas/contracts/upload.ts';
import { until } from './wait.ts';

const ENDED = new Set(['admitted', 'duplicate', 'refused', 'faulted']);

/** A presigned upload, then the ingest that its arrival starts. */
export const upload = async (client: Client, content: Buffer, source: string, use: 'development' | 'external', progress: (text: string) => void): Promise<Upload> => {
  const ticket = await client('createUpload', { body: { source, use, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') } });
  const put = await fetch(ticket.url, { method: 'PUT', headers: ticket.headers, body: new Uint8Array(content) });
  if (!put.ok) throw new Error(`the landing zone answered ${put.status}`);
  return until(
    `ingest of ${ticket.uploadId}`,
    () => client('getUpload', { params: { uploadId: ticket.uploadId } }),
    ({ status }) => ENDED.has(status),
    { seconds: 300, progress: ({ status }) => progress(status) },
  );
};

export const admitted = (found: Upload): Upload => {
  if (found.status !== 'admitted') throw new Error(`upload ${found.uploadId} is ${found.status}: ${found.detail ?? 'no detail'}`);
  return found;
};
