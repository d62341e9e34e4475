import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { access, open, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { FILE_ENDINGS, type FileDigest, MOST_FILES, type PutTicket, type Upload } from '../lambdas/contracts/upload.ts';
import type { Client } from './client.ts';
import { UsageError } from './session.ts';

export type LocalFile = { path: string; digest: FileDigest };

const ENDED = new Set(['admitted', 'duplicate', 'refused', 'faulted']);
const HIDDEN = /^\./;

/** Where the user stands: npm runs scripts in the checkout. */
export const here = (path: string): string => resolve(process.env['INIT_CWD'] ?? process.cwd(), path);

/** Files, and of folders every file below, in the order of their names. */
export const filesBelow = async (paths: readonly string[]): Promise<string[]> => {
  const found: string[] = [];
  for (const path of paths) {
    const full = here(path);
    const entry = await stat(full).catch(() => {
      throw new UsageError(`${path}: no such file or folder`);
    });
    await access(full, constants.R_OK).catch(() => {
      throw new UsageError(`${path}: cannot be read: its permissions do not let you`);
    });
    if (!entry.isDirectory()) found.push(full);
    else for (const name of (await readdir(full)).sort()) if (!HIDDEN.test(name)) found.push(...(await filesBelow([join(full, name)])));
  }
  return found;
};

/** A name's ending tells a reader what to expect; the name itself stays here. */
export const extensionOf = (path: string): FileDigest['extension'] => {
  const ending = /\.([a-z0-9]{1,8})(?:\.gz|\.bgz)?$/i.exec(basename(path))?.[1]?.toLowerCase();
  return FILE_ENDINGS.find((known) => known === ending);
};

export const digestOf = async (path: string): Promise<FileDigest> => {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  if (bytes === 0) throw new UsageError(`${path}: the file is empty`);
  const extension = extensionOf(path);
  return { bytes, sha256: hash.digest('hex'), ...(extension ? { extension } : {}) };
};

const put = async ({ url, headers }: { url: string; headers: Record<string, string> }, body: string | ReadableStream): Promise<void> => {
  // undici needs it for a body that is a stream
  const answer = await fetch(url, { method: 'PUT', headers, body, duplex: 'half' } as RequestInit);
  if (!answer.ok) throw new Error(`the landing zone answered ${answer.status}`);
};

/** Puts files where a ticket says; of a set, also the list that completes it. */
export const send = async (ticket: PutTicket, files: readonly LocalFile[], progress: (text: string) => void): Promise<void> => {
  const parts = ticket.files ?? [ticket];
  for (const [index, { path }] of files.entries()) {
    progress(`${index + 1} of ${files.length} files`);
    const file = await open(path);
    try {
      await put(parts[index]!, file.readableWebStream() as ReadableStream);
    } finally {
      await file.close();
    }
  }
  if (ticket.body !== undefined) await put(ticket, ticket.body);
};

/** Puts files into the landing zone, as one upload, and waits for what became of it. */
export const land = async (client: Client, paths: readonly string[], source: string, use: 'development' | 'external', progress: (text: string) => void): Promise<Upload> => {
  if (paths.length === 0) throw new UsageError('there is no file in what was named');
  if (paths.length > MOST_FILES) throw new UsageError(`${paths.length} files: an upload takes at most ${MOST_FILES}; split them, or send fewer and larger ones`);
  const files: LocalFile[] = [];
  for (const path of paths) files.push({ path, digest: await digestOf(path) });
  const [first] = files;
  const ticket = await client('createUpload', { body: files.length === 1 ? { source, use, ...first!.digest } : { source, use, files: files.map(({ digest }) => digest) } });
  await send(ticket, files, progress);
  return ingested(client, ticket.uploadId, progress);
};

/** Waits for what becomes of an upload. */
export const ingested = async (client: Client, uploadId: string, progress: (text: string) => void): Promise<Upload> => {
  for (;;) {
    const upload = await client('getUpload', { params: { uploadId } });
    if (ENDED.has(upload.status)) return upload;
    progress(upload.status);
    await new Promise((resume) => setTimeout(resume, 1000));
  }
};
