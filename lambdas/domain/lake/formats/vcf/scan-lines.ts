/** What to do with a line, seen from its first byte; `whole` says whether its end is seen too. */
export type Judge = (bytes: Buffer, start: number, end: number, whole: boolean) => 'pass' | 'take' | 'malformed';

export type ScannedLine = { number: number; kind: 'taken' | 'malformed'; text: string } | { number: number; kind: 'too-long' };

const LINE_FEED = 10;
/** Enough of a line to judge it by: CHROM to ALT of all but very long alleles. */
const HEAD_BYTES = 4096;
/** A line of a million samples with three-letter genotypes has 4 MB, one of 10,000 with all of GATK's fields as much. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
const MALFORMED_TEXT_BYTES = 1000;

/**
 * The lines that a judge takes, without their ends. Others are passed over byte-wise and never become strings; of a line that runs over
 * chunks only what is taken is held.
 */
export async function* scanLines(chunks: AsyncIterable<Uint8Array>, judge: Judge): AsyncGenerator<ScannedLine> {
  let number = 1;
  let state: 'start' | 'passing' | 'taking' = 'start';
  let held: Buffer[] = [];
  let heldBytes = 0;
  const line = (bytes: Buffer): ScannedLine => ({ number, kind: 'taken', text: decoded(bytes) });
  const malformed = (bytes: Buffer): ScannedLine => ({ number, kind: 'malformed', text: decoded(bytes.subarray(0, MALFORMED_TEXT_BYTES)) });
  for await (const chunk of chunks) {
    let bytes: Buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (state === 'start' && heldBytes > 0) {
      bytes = Buffer.concat([...held, bytes]);
      held = [];
      heldBytes = 0;
    }
    let at = 0;
    while (at < bytes.length) {
      const end = bytes.indexOf(LINE_FEED, at);
      if (state === 'start') {
        if (end < 0 && bytes.length - at < HEAD_BYTES) {
          held = [Buffer.from(bytes.subarray(at))];
          heldBytes = bytes.length - at;
          break;
        }
        const verdict = judge(bytes, at, end < 0 ? bytes.length : end, end >= 0);
        if (verdict === 'malformed') yield malformed(bytes.subarray(at, end < 0 ? bytes.length : end));
        if (verdict === 'take' && end >= 0) yield line(bytes.subarray(at, end));
        if (end < 0) {
          state = verdict === 'take' ? 'taking' : 'passing';
          if (verdict === 'take') {
            held.push(Buffer.from(bytes.subarray(at)));
            heldBytes = bytes.length - at;
          }
          break;
        }
      } else if (state === 'taking') {
        const piece = bytes.subarray(at, end < 0 ? bytes.length : end);
        heldBytes += piece.length;
        if (heldBytes > MAX_LINE_BYTES) {
          yield { number, kind: 'too-long' };
          return;
        }
        held.push(Buffer.from(piece));
        if (end < 0) break;
        yield line(Buffer.concat(held));
        held = [];
        heldBytes = 0;
      } else if (end < 0) break;
      at = end + 1;
      number += 1;
      state = 'start';
    }
  }
  const rest = Buffer.concat(held);
  if (rest.length === 0) return;
  const verdict = state === 'taking' ? 'take' : judge(rest, 0, rest.length, true);
  if (verdict === 'take') yield line(rest);
  if (verdict === 'malformed') yield malformed(rest);
}

const decoded = (bytes: Buffer): string => {
  const text = bytes.toString('utf8');
  return text.endsWith('\r') ? text.slice(0, -1) : text;
};
