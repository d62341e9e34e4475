import { createReadStream } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { createGunzip, createInflate } from 'node:zlib';
import type { RefusalReason } from '../../config/catalog/quarantine-reasons.ts';
import type { SetFile } from '../domain/lake/reading.ts';

/** A compressed file may grow this much: real clinical text shrinks 10 to 50 times, a bomb a thousand times. */
const MAX_EXPANSION = 250;
/** Up to this size a file may grow as it likes: small files of one repeated letter are no attack. */
const FREE_BYTES = 64 * 1024 * 1024;

type Unfinished = Extract<RefusalReason, 'malformed' | 'too-large' | 'out-of-time'>;

/** Why a file cannot be read to its end: it breaks off, grows beyond the limits, or would take longer than its step may. */
export class UnfinishedError extends Error {
  readonly refused: Unfinished;
  constructor(refused: Unfinished, message: string) {
    super(message);
    this.refused = refused;
  }
}

type Compression = 'gzip' | 'zlib' | null;

export const compressionOf = async (path: string): Promise<Compression> => {
  const file = await openFile(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    if (bytesRead < 2) return null;
    if (buffer[0] === 0x1f && buffer[1] === 0x8b) return 'gzip';
    // RFC 1950: deflate, a window of 32 KiB, and a header that is a multiple of 31
    return buffer[0] === 0x78 && buffer.readUInt16BE(0) % 31 === 0 ? 'zlib' : null;
  } finally {
    await file.close();
  }
};

/**
 * One file of a set on local disk; only the name's ending is taken from its name, which may hold PHI. What is not read until then (ms of the
 * epoch) is not read: the step is ended soon after.
 */
export const setFile = (index: number, path: string, bytes: number, name = '', until = Number.POSITIVE_INFINITY): SetFile => ({
  index,
  path,
  bytes,
  extension: /\.([a-z0-9]{1,8})(?:\.gz|\.bgz)?$/i.exec(name)?.[1]?.toLowerCase() ?? '',
  until,
  open: () => inTime(expanded(path, bytes), until),
});

export async function* inTime(chunks: AsyncIterable<Uint8Array>, until = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    if (Date.now() >= until)
      throw new UnfinishedError('out-of-time', 'there is no time left to read it: divide its patients over several files, or its files over several uploads');
    yield chunk;
  }
}

async function* expanded(path: string, bytes: number): AsyncGenerator<Uint8Array> {
  const compression = await compressionOf(path);
  const raw = createReadStream(path, { highWaterMark: 1 << 18 });
  if (!compression) {
    yield* raw;
    return;
  }
  const source = compression === 'gzip' ? createGunzip({ chunkSize: 1 << 18 }) : createInflate({ chunkSize: 1 << 18 });
  raw.on('error', (error) => source.destroy(error));
  let grown = 0;
  try {
    for await (const chunk of raw.pipe(source) as AsyncIterable<Buffer>) {
      grown += chunk.length;
      if (grown > FREE_BYTES && grown > MAX_EXPANSION * bytes) throw new UnfinishedError('too-large', `the file expands to more than ${MAX_EXPANSION} times its size`);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof UnfinishedError) throw error;
    if (String((error as NodeJS.ErrnoException).code).startsWith('Z_')) throw new UnfinishedError('malformed', `the ${compression} data break off or are damaged`);
    throw error;
  } finally {
    raw.destroy();
    source.destroy();
  }
}
