import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ZstdCompress, constants, createZstdCompress } from 'node:zlib';

/** Runs the work with a folder of its own and removes it, whatever happens: a warm function keeps no patient on its disk. */
export const withScratch = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'proband-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const HELD_BYTES = 1 << 18;
/** of UTF-16, in UTF-8 */
const MOST_BYTES_A_UNIT = 3;
/** Compression runs beside the writer: so much may wait for it before the writer does. */
const COMPRESSED = { params: { [constants.ZSTD_c_compressionLevel]: 1 }, chunkSize: 1 << 17, writableHighWaterMark: 1 << 21 };

/** A file that grows line by line, and waits when the disk is slower than the writer. */
export class GrowingFile {
  readonly #entry: ZstdCompress | PassThrough;
  readonly #written: Promise<void>;
  #held: Buffer = Buffer.alloc(0);
  #used = 0;

  constructor(path: string, encoding?: 'zstd') {
    this.#entry = encoding === 'zstd' ? createZstdCompress(COMPRESSED) : new PassThrough();
    this.#written = pipeline(this.#entry, createWriteStream(path));
    // a failed write surfaces where the file is closed
    this.#written.catch(() => undefined);
  }

  /** Answers what is to be waited for, if anything. */
  write(text: string): Promise<void> | void {
    return this.put((bytes, at) => (at + text.length * MOST_BYTES_A_UNIT > bytes.length ? -1 : at + bytes.write(text, at)));
  }

  /** Takes what is put into the bytes from a place on; `set` answers where that ends, or a negative number where there is no room for it. */
  put(set: (bytes: Buffer, at: number) => number): Promise<void> | void {
    let end = set(this.#held, this.#used);
    const full = end < 0 ? this.#flush() : undefined;
    for (let size = HELD_BYTES; end < 0; size *= 2) {
      this.#held = Buffer.allocUnsafe(size);
      end = set(this.#held, 0);
    }
    this.#used = end;
    return full;
  }

  #flush(): Promise<void> | void {
    const bytes = this.#held.subarray(0, this.#used);
    this.#used = 0;
    if (bytes.length > 0) return this.#send(bytes);
  }

  #send(bytes: Buffer): Promise<void> | void {
    if (!this.#entry.write(bytes)) return Promise.race([once(this.#entry, 'drain').then(() => undefined), this.#written]);
  }

  async close(): Promise<void> {
    this.#entry.end(this.#held.subarray(0, this.#used));
    this.#used = 0;
    await this.#written;
  }
}
