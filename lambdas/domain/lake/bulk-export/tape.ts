import type { Limits } from './exchange.ts';
import type { Batch, ManifestFile } from './manifest.ts';
import { issuesOf } from './operation-outcome.ts';
import { type PieceWriter, type Position, type Sink, pieceName, startOf } from './piece.ts';

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
/** What a position tells of mismatches and errors at most: it is kept beside each piece. */
const MOST_TOLD = 5;
/** and of types: those beyond are counted as one */
const MOST_TYPES = 12;

/** A line without end: not NDJSON. */
export class LineTooLong extends Error {}

/** Takes a batch's bytes and stores them as pieces of whole lines. */
export type Tape = {
  position: () => Position;
  /** bytes of the current file that were taken, stored or not */
  received: () => number;
  take: (chunk: Uint8Array) => Promise<void>;
  /** what is learnt of the current file */
  note: (facts: Partial<Pick<Position, 'etag' | 'compressed'>>) => void;
  endFile: () => Promise<void>;
  /** stores what is complete; the beginning of a line is dropped and will be read again */
  store: (evenIfEmpty?: boolean) => Promise<void>;
  abandon: () => Promise<void>;
};

export const tapeOf = (
  sink: Sink,
  files: readonly ManifestFile[],
  batch: Batch,
  generation: number,
  from: { piece: number; position: Position },
  { pieceBytes, lineBytes }: Pick<Limits, 'pieceBytes' | 'lineBytes'>,
): Tape => {
  let { piece, position } = from;
  let writer: PieceWriter | null = null;
  let written = 0;
  let tail: Uint8Array[] = [];
  let tailBytes = 0;

  const write = async (bytes: Uint8Array): Promise<void> => {
    writer ??= await sink.open(pieceName(generation, batch.index, piece));
    await writer.write(bytes);
    written += bytes.length;
  };

  const store = async (evenIfEmpty = false): Promise<void> => {
    tail = [];
    tailBytes = 0;
    if (!writer && !evenIfEmpty) return;
    writer ??= await sink.open(pieceName(generation, batch.index, piece));
    await writer.close(position);
    writer = null;
    written = 0;
    piece += 1;
  };

  const count = (lines: Uint8Array): void => {
    const found = batch.kind === 'error' ? countErrors(lines) : countLines(lines);
    position = { ...position, lines: position.lines + found };
  };

  const countErrors = (lines: Uint8Array): number => {
    const texts = Buffer.from(lines)
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
    const errors = position.errors.map((error) => ({ ...error }));
    for (const { severity, code } of texts.flatMap((text) => issuesOf(parsed(text)))) {
      const known = errors.find((error) => error.severity === severity && error.code === code);
      if (known) known.count += 1;
      else if (errors.length < MOST_TOLD) errors.push({ severity, code, count: 1 });
    }
    position = { ...position, errors };
    return texts.length;
  };

  return {
    position: () => position,
    received: () => position.offset + tailBytes,
    note: (facts) => {
      position = { ...position, ...facts };
    },
    take: async (chunk) => {
      const end = chunk.lastIndexOf(NEWLINE) + 1;
      if (end > 0) {
        const lines = tail.length > 0 ? Buffer.concat([...tail, chunk.subarray(0, end)]) : chunk.subarray(0, end);
        await write(lines);
        count(lines);
        position = { ...position, offset: position.offset + lines.length };
        tail = [];
        tailBytes = 0;
      }
      if (end < chunk.length) {
        tail.push(chunk.subarray(end));
        tailBytes += chunk.length - end;
        if (tailBytes > lineBytes) throw new LineTooLong();
      }
      if (written >= pieceBytes) {
        const [kept, keptBytes] = [tail, tailBytes];
        await store();
        tail = kept;
        tailBytes = keptBytes;
      }
    },
    endFile: async () => {
      if (tailBytes > 0) {
        const line = Buffer.concat([...tail, Buffer.of(NEWLINE)]);
        await write(line);
        count(line);
        tail = [];
        tailBytes = 0;
      }
      const { type, count: declared, kind } = files[position.file]!;
      const { file, lines: received, resources, mismatches, errors } = position;
      const known = Object.keys(resources);
      const name = type !== null && (known.includes(type) || known.length < MOST_TYPES) ? type : 'other';
      position = {
        ...startOf(file + 1),
        resources: kind === 'output' ? { ...resources, [name]: (resources[name] ?? 0) + received } : resources,
        mismatches: declared !== null && declared !== received && mismatches.length < MOST_TOLD ? [...mismatches, { file, type, declared, received }] : mismatches,
        errors,
      };
    },
    store,
    abandon: async () => {
      await writer?.abandon();
      writer = null;
    },
  };
};

const countLines = (lines: Uint8Array): number => {
  let count = 0;
  let from = 0;
  for (let end = lines.indexOf(NEWLINE); end >= 0; end = lines.indexOf(NEWLINE, from)) {
    if (end > from && !(end === from + 1 && lines[from] === CARRIAGE_RETURN)) count += 1;
    from = end + 1;
  }
  return count;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
