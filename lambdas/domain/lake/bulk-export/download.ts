import { ask } from './ask.ts';
import type { Connection } from './exchange.ts';
import { ConnectionBroken, type HttpAnswer, RequestRefused } from '../../outbound/exchange.ts';
import { NDJSON } from './kick-off.ts';
import type { Batch, Manifest } from './manifest.ts';
import { type Sink, startOf, storedPieces } from './piece.ts';
import { waitSeconds } from './retry-after.ts';
import { isTransient } from '../../outbound/retry-after.ts';
import { LineTooLong, type Tape, tapeOf } from './tape.ts';

export type Download =
  | { outcome: 'stored' }
  /** ask again then; `failures` in a row come back with the next call */
  | { outcome: 'wait'; waitSeconds: number; failures: number }
  /** the time is over; the next call goes on where this one ended */
  | { outcome: 'unfinished'; failures: number }
  /** the links are not valid any more */
  | { outcome: 'expired' }
  | { outcome: 'refused'; detail: string };

export type DownloadJob = { manifest: Manifest; batch: Batch; generation: number; failures: number /** milliseconds of `now` */; until: number };

/** Broken connections in a row that are mended at once; after these the machine waits. */
const MENDED_AT_ONCE = 3;
/** An expired link as servers and object stores say it. */
const EXPIRED: readonly number[] = [400, 401, 403, 404, 410];

/** Downloads what a batch still lacks. */
export const downloadBatch = async (connection: Connection, { manifest, batch, generation, failures, until }: DownloadJob, sink: Sink): Promise<Download> => {
  const pieces = await storedPieces(sink, generation, batch.index);
  const position = pieces.at(-1)?.after ?? startOf(batch.from);
  if (position.file >= batch.to) return { outcome: 'stored' };
  const tape = tapeOf(sink, manifest.files, batch, generation, { piece: pieces.length, position }, connection.limits);
  try {
    while (tape.position().file < batch.to) {
      const ended = await downloadFile(connection, manifest, tape, failures, until);
      if (ended.outcome !== 'whole') {
        await tape.store();
        return ended;
      }
      failures = 0;
    }
    await tape.store(true);
    return { outcome: 'stored' };
  } catch (error) {
    await tape.abandon();
    throw error;
  }
};

const CODINGS: readonly string[] = ['identity', 'gzip', 'x-gzip'];

type FileEnd = { outcome: 'whole' } | Exclude<Download, { outcome: 'stored' }>;

/** Reads one file to its end, again from where the connection broke. */
const downloadFile = async (connection: Connection, manifest: Manifest, tape: Tape, before: number, until: number): Promise<FileEnd> => {
  const { now, limits } = connection;
  const file = tape.position().file;
  let failures = before;
  let byRange = true;
  for (let mended = 0; ; ) {
    if (now() > until) return { outcome: 'unfinished', failures };
    const from = tape.received();
    let retryAfter: string | undefined;
    try {
      const answer = await ask(connection, { method: 'GET', url: manifest.files[file]!.url, headers: headersOf(tape, byRange) }, manifest.requiresAccessToken ? 'sent' : 'spared');
      const judged = judge(answer, tape, byRange);
      const end = judged.outcome === 'body' ? await copy(answer, tape, judged.skip, until, now) : judged.outcome;
      answer.discard();
      if (end === 'timed-out') return { outcome: 'unfinished', failures: 0 };
      if (end === 'shorter') return { outcome: 'refused', detail: `file ${file + 1} changed while it was downloaded` };
      if (end === 'whole') {
        await tape.endFile();
        return { outcome: 'whole' };
      }
      if (judged.outcome === 'no-range') {
        byRange = false;
        continue;
      }
      if (judged.outcome === 'expired' || judged.outcome === 'refused') return judged;
      retryAfter = answer.headers['retry-after'];
      mended = MENDED_AT_ONCE;
    } catch (error) {
      if (error instanceof LineTooLong) return { outcome: 'refused', detail: `file ${file + 1} has a line of more than ${limits.lineBytes} bytes: it is not NDJSON` };
      if (error instanceof RequestRefused) return { outcome: 'refused', detail: `file ${file + 1}: ${error.message}` };
      if (!(error instanceof ConnectionBroken)) throw error;
    }
    failures = tape.received() > from ? 1 : failures + 1;
    if (failures > limits.mostFailures) return { outcome: 'refused', detail: `file ${file + 1} could not be downloaded: ${failures} attempts in a row brought nothing` };
    const wait = waitSeconds(retryAfter, failures - 1, now(), limits);
    if (mended >= MENDED_AT_ONCE) return { outcome: 'wait', waitSeconds: wait, failures };
    mended += 1;
    await connection.sleep(Math.min(wait, 5));
  }
};

const headersOf = (tape: Tape, byRange: boolean): Record<string, string> => {
  const from = tape.received();
  const { etag, compressed } = tape.position();
  return {
    accept: NDJSON,
    // a range of a compressed answer could not be cut at a line's end
    'accept-encoding': 'identity',
    ...(from > 0 && byRange && !compressed ? { range: `bytes=${from}-`, ...(etag === null ? {} : { 'if-range': etag }) } : {}),
  };
};

type Judged =
  | { outcome: 'body'; skip: number }
  /** nothing is left to read */
  | { outcome: 'whole' }
  | { outcome: 'no-range' }
  | { outcome: 'busy' }
  | { outcome: 'expired' }
  | { outcome: 'refused'; detail: string };

const judge = ({ status, headers }: HttpAnswer, tape: Tape, byRange: boolean): Judged => {
  const file = tape.position().file;
  const from = tape.received();
  const { etag } = headers;
  const strong = etag?.startsWith('"') ? etag : null;
  const coding = headers['content-encoding'] ?? 'identity';
  if (status === 206) {
    if (coding !== 'identity') return { outcome: 'no-range' };
    const [, start] = /^bytes (\d+)-/.exec(headers['content-range'] ?? '') ?? [];
    return Number(start) === from && from > 0 && byRange ? { outcome: 'body', skip: 0 } : { outcome: 'no-range' };
  }
  if (status === 416) return headers['content-range'] === `bytes */${from}` ? { outcome: 'whole' } : byRange ? { outcome: 'no-range' } : { outcome: 'expired' };
  if (status === 200) {
    if (headers['content-type']?.startsWith('text/html')) return { outcome: 'refused', detail: `file ${file + 1} came as text/html, allowed: ${NDJSON}` };
    if (!CODINGS.includes(coding)) return { outcome: 'refused', detail: `file ${file + 1} came in another content coding than ${CODINGS.join(', ')}` };
    const known = tape.position().etag;
    if (from > 0 && known !== null && strong !== null && known !== strong) return { outcome: 'refused', detail: `file ${file + 1} changed while it was downloaded` };
    if (from === 0) tape.note({ etag: strong });
    return { outcome: 'body', skip: from };
  }
  if (isTransient(status) || status >= 500) return { outcome: 'busy' };
  if (EXPIRED.includes(status)) return { outcome: 'expired' };
  return { outcome: 'refused', detail: `file ${file + 1} could not be downloaded (HTTP ${status})` };
};

const copy = async (answer: HttpAnswer, tape: Tape, skip: number, until: number, now: () => number): Promise<'whole' | 'shorter' | 'timed-out'> => {
  let left = skip;
  for await (const chunk of answer.body) {
    if (left >= chunk.length) {
      left -= chunk.length;
      continue;
    }
    if (answer.wasCompressed()) tape.note({ compressed: true });
    await tape.take(left > 0 ? chunk.subarray(left) : chunk);
    left = 0;
    if (now() > until) return 'timed-out';
  }
  return left > 0 ? 'shorter' : 'whole';
};
