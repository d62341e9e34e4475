import { textLines } from '../../csv-records.ts';
import { looksLikeDataset } from './metadata.ts';
import { splitArray } from '../../split-array.ts';

/** A dataset's parts as they pass: texts of rows, in NDJSON with their lines, and the metadata: behind the rows, in NDJSON before them. */
export type DatasetText = { metadata: unknown } | { rows: readonly string[]; lines: readonly number[] | null };

/** The parts of a file, whichever of the standard's two forms it has. */
export async function* datasetTexts(open: () => AsyncIterable<Uint8Array>): AsyncGenerator<DatasetText> {
  yield* (await isNdjson(open)) ? ndjsonTexts(open) : jsonTexts(open);
}

/** The first byte behind a byte order mark and blanks; undefined: there is none. */
const firstByte = async (open: () => AsyncIterable<Uint8Array>): Promise<number | undefined> => {
  for await (const chunk of open()) {
    const first = chunk.find((byte) => ![0xef, 0xbb, 0xbf, 0x20, 0x09, 0x0a, 0x0d].includes(byte));
    if (first !== undefined) return first;
  }
  return undefined;
};

/** Whether a file begins as a JSON object does, in UTF-8. */
export const beginsAsObject = async (open: () => AsyncIterable<Uint8Array>): Promise<boolean> => (await firstByte(open)) === 0x7b;

/** What csv-records.ts takes for a line. */
const MAX_FIRST_LINE = 1_048_576;

/** NDJSON: the first line is an object of metadata that has no rows. */
const isNdjson = async (open: () => AsyncIterable<Uint8Array>): Promise<boolean> => {
  let text = '';
  const decoder = new TextDecoder('utf-8');
  for await (const chunk of open()) {
    const piece = decoder.decode(chunk, { stream: true });
    const end = piece.indexOf('\n');
    text += end < 0 ? piece : piece.slice(0, end);
    if (text.length > MAX_FIRST_LINE) return false;
    if (end >= 0) break;
  }
  try {
    const first: unknown = JSON.parse(text);
    return looksLikeDataset(first) && !('rows' in first);
  } catch {
    return false;
  }
};

/** Rows that go on together. */
const BATCH = 256;

async function* ndjsonTexts(open: () => AsyncIterable<Uint8Array>): AsyncGenerator<DatasetText> {
  let line = 0;
  let rows: string[] = [];
  let lines: number[] = [];
  for await (const batch of textLines(open()))
    for (const text of batch) {
      line += 1;
      if (line === 1) yield { metadata: JSON.parse(text) };
      else if (text.trim() !== '') {
        rows.push(text);
        lines.push(line);
      }
      if (rows.length < BATCH) continue;
      yield { rows, lines };
      rows = [];
      lines = [];
    }
  yield { rows, lines };
}

const MAX_ROW = 8 * 1024 * 1024;

async function* jsonTexts(open: () => AsyncIterable<Uint8Array>): AsyncGenerator<DatasetText> {
  for await (const part of splitArray(open(), 'rows', MAX_ROW)) {
    if ('elements' in part) yield { rows: part.elements, lines: null };
    else yield { metadata: part.envelope };
  }
}
