import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, type Gzip } from 'node:zlib';

/** Runs the work with a folder of its own and removes it, whatever happens: a warm function keeps no patient on its disk. */
export const withScratch = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'proband-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const FLUSHED_CHARACTERS = 1 << 18;
/** Compression runs beside the writer: so much may wait for it before the writer does. */
const COMPRESSED = { level: 1, chunkSize: 1 << 17, writableHighWaterMark: 1 << 21 };

/** A file that grows line by line, and waits when the disk is slower than the writer. */
export class GrowingFile {
  readonly #entry: Gzip | PassThrough;
  readonly #written: Promise<void>;
  #pending = '';

  /** Staged rows repeat their member names: gzip's fastest level makes them 20 times smaller. */
  constructor(path: string, encoding?: 'gzip') {
    this.#entry = encoding === 'gzip' ? createGzip(COMPRESSED) : new PassThrough();
    this.#written = pipeline(this.#entry, createWriteStream(path));
    // a failed write surfaces where the file is closed
    this.#written.catch(() => undefined);
  }

  write(text: string): Promise<void> | void {
    this.#pending += text;
    if (this.#pending.length > FLUSHED_CHARACTERS) return this.#flush();
  }

  #flush(): Promise<void> | void {
    const text = this.#pending;
    this.#pending = '';
    if (!this.#entry.write(text)) return Promise.race([once(this.#entry, 'drain').then(() => undefined), this.#written]);
  }

  async close(): Promise<void> {
    this.#entry.end(this.#pending);
    this.#pending = '';
    await this.#written;
  }
}
