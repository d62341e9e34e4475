import { createWriteStream } from 'node:fs';
import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ARTIFACTS, type Mlflow, persistently, refusalOf } from './mlflow.ts';
import { listFolder } from './server.ts';
import type { ArtifactFile, Owner } from './source.ts';

/** What one request of the artifact proxy takes, bytes; larger files go in parts straight to S3. */
const IN_ONE_PIECE = 4_400_000;
const PART = 16 * 1024 * 1024;
const MOST_PARTS = 10_000;

const encoded = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

/** The path behind the artifact proxy that a root of the target's lies at. */
const proxied = (root: string): string => {
  const [, path] = /^mlflow-artifacts:\/+(.*)$/.exec(root) ?? [];
  if (path === undefined) throw new Error(`artifacts at ${root} are not behind the artifact proxy`);
  return path;
};

/** Puts a file below an artifact root of the target. Answers its bytes. */
export const upload = async (target: Mlflow, root: string, file: ArtifactFile): Promise<number> => {
  const folder = await mkdtemp(join(tmpdir(), 'proband-artifact-'));
  const local = join(folder, 'file');
  try {
    await pipeline(Readable.from(await file.open(), { objectMode: false }), createWriteStream(local, { mode: 0o600 }));
    const { size } = await stat(local);
    if (file.bytes !== undefined && file.bytes !== size) throw new Error(`${file.path} came with ${size} of ${file.bytes} bytes`);
    const path = `${proxied(root)}/${file.path}`;
    if (size <= IN_ONE_PIECE) await target.put(`${ARTIFACTS}/artifacts/${encoded(path)}`, await readFile(local));
    else await inParts(target, path, local, size);
    return size;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

type Begun = { upload_id: string; credentials: { url: string; part_number: number; headers?: Record<string, string> }[] };

const inParts = async (target: Mlflow, path: string, local: string, size: number): Promise<void> => {
  const partBytes = Math.max(PART, Math.ceil(size / MOST_PARTS));
  const folder = path.slice(0, path.lastIndexOf('/'));
  const name = path.slice(path.lastIndexOf('/') + 1);
  const call = (verb: 'create' | 'complete' | 'abort') => `${ARTIFACTS}/mpu/${verb}/${encoded(folder)}`;
  const { upload_id, credentials } = await target.send<Begun>('POST', call('create'), { path: name, num_parts: Math.ceil(size / partBytes) });
  const file = await open(local);
  try {
    const parts: { part_number: number; etag: string; url: string }[] = [];
    for (const { url, part_number, headers = {} } of credentials) {
      const body = Buffer.alloc(Math.min(partBytes, size - (part_number - 1) * partBytes));
      await file.read(body, 0, body.length, (part_number - 1) * partBytes);
      const answer = await persistently(() => fetch(url, { method: 'PUT', headers, body }));
      if (!answer.ok) throw await refusalOf(answer);
      await answer.arrayBuffer();
      parts.push({ part_number, etag: answer.headers.get('etag') ?? '', url });
    }
    await target.send('POST', call('complete'), { path: name, upload_id, parts });
  } catch (error) {
    await target.send('POST', call('abort'), { path: name, upload_id }).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
};

/** Paths and sizes of everything that the target has of an owner. */
export const uploaded = async (target: Mlflow, owner: Owner, folder = ''): Promise<Map<string, number>> => {
  const found = new Map<string, number>();
  for await (const { path, is_dir, file_size } of listFolder(target, owner, folder)) {
    if (!is_dir) found.set(path, Number(file_size ?? 0));
    else for (const [name, bytes] of await uploaded(target, owner, path)) found.set(name, bytes);
  }
  return found;
};
