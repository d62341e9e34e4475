import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { ObjectVersion } from '../contracts/object.ts';
import { s3 } from './clients.ts';

/** Runs the work with a folder of its own and removes it, whatever happens: a warm function keeps no patient on its disk. */
export const withScratch = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'proband-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** A file that grows line by line; it knows its own hash and size, and waits when the disk is slower than the writer. */
export class GrowingFile {
  readonly #path: string;
  readonly #stream: WriteStream;
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #pending = '';
  #failure: Error | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#stream = createWriteStream(path);
    this.#stream.on('error', (error) => (this.#failure = error));
  }

  write(text: string): Promise<void> | void {
    this.#pending += text;
    if (this.#pending.length > 65_536) return this.#flush();
  }

  #flush(): Promise<void> | void {
    if (this.#failure) throw this.#failure;
    const content = Buffer.from(this.#pending);
    this.#pending = '';
    this.#hash.update(content);
    this.#bytes += content.length;
    if (!this.#stream.write(content)) return once(this.#stream, 'drain').then(() => undefined);
  }

  /** Closes the file and streams it into the bucket; answers exactly which object it became. */
  async store(bucket: string, key: string, contentType: string): Promise<ObjectVersion> {
    await this.#flush();
    this.#stream.end();
    await once(this.#stream, 'close');
    if (this.#failure) throw this.#failure;
    const { VersionId } = await s3().send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: createReadStream(this.#path), ContentLength: this.#bytes, ContentType: contentType }));
    if (!VersionId) throw new Error(`bucket ${bucket} is not versioned`);
    return { bucket, key, versionId: VersionId, sha256: this.#hash.digest('hex'), bytes: this.#bytes };
  }
}
