import { parse } from 'csv-parse/sync';

/** A record of the file: its number (1 is the first after the header), its first line (the header is line 1) and its cells, or none. */
export type CsvRecord = { row: number; line: number; text: string; cells: string[] | null };

const MAX_LINE_CHARACTERS = 1_048_576;
/** A quoted cell may hold line breaks; a record that has not closed its quotes after so many lines never will. */
const MAX_LINES_PER_RECORD = 50;

/**
 * Lines of a byte stream without their LF or CRLF, as many at a time as a chunk has: a promise for each of millions costs more than the line. A
 * longer line is cut at 1 Mi characters, so that memory stays bounded.
 */
export async function* textLines(chunks: AsyncIterable<Uint8Array>, encoding = 'utf-8'): AsyncGenerator<string[]> {
  const decoder = new TextDecoder(encoding);
  let pending = '';
  for await (const chunk of chunks) {
    const lines = decoder.decode(chunk, { stream: true }).split('\n');
    lines[0] = cut(pending + (pending.length < MAX_LINE_CHARACTERS ? lines[0]! : ''));
    pending = cut(lines.pop()!);
    if (lines.length > 0) yield lines.map(trimmed);
  }
  pending += decoder.decode();
  if (pending !== '') yield [trimmed(pending)];
}

const cut = (line: string): string => (line.length > MAX_LINE_CHARACTERS ? line.slice(0, MAX_LINE_CHARACTERS) : line);
const trimmed = (line: string): string => {
  const whole = cut(line);
  return whole.endsWith('\r') ? whole.slice(0, -1) : whole;
};

/** Lines of CSV text without the one that some software writes before the header to tell Excel the delimiter: `sep=;`. */
export async function* csvLines(chunks: AsyncIterable<Uint8Array>, encoding: string): AsyncGenerator<string[]> {
  let first = true;
  for await (const lines of textLines(chunks, encoding)) {
    yield first && /^"?sep=.?"?$/i.test(lines[0]!) ? lines.slice(1) : lines;
    first = false;
  }
}

/** What a file is told whose lines end as on an old Mac: all of it is one line. */
export const LINES_END_IN_CR = 'the file’s lines end in CR alone; they must end in LF or CRLF';

/** The encoding of a file's text: UTF-16 where it begins with that byte order mark, else the one that its source says. */
export const textEncodingOf = async (open: () => AsyncIterable<Uint8Array>, said = 'utf-8'): Promise<string> => {
  let start = Buffer.alloc(0);
  for await (const chunk of open()) {
    start = Buffer.concat([start, chunk]);
    if (start.length >= 2) break;
  }
  const mark = start.length < 2 ? 0 : start.readUInt16BE(0);
  return mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : said;
};

const DELIMITERS = [',', ';', '\t', '|'] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** The delimiter that cuts a header into the most cells. */
export const delimiterOf = (header: string): Delimiter => {
  const cells = (delimiter: Delimiter): number => csvCells(header, delimiter)?.length ?? 0;
  return DELIMITERS.reduce((best, delimiter) => (cells(delimiter) > cells(best) ? delimiter : best));
};

/** The cells of one record's text (RFC 4180, with its delimiter), or null where its quotes do not add up. */
export const csvCells = (text: string, delimiter: Delimiter = ','): string[] | null => {
  if (!text.includes('"')) return text.split(delimiter);
  try {
    const records = parse(text, { delimiter, relax_column_count: true }) as string[][];
    return records.length === 1 ? records[0]! : null;
  } catch {
    return null;
  }
};

/**
 * The records after the header, those of some lines at a time. A parser that reads on to the next quote would swallow good rows behind one stray
 * quote: here a line whose quotes are open takes further lines only if that makes a whole record of the right width; else it stands alone as
 * malformed and reading goes on at the next line.
 */
export async function* csvRecords(batches: AsyncIterable<readonly string[]>, columns: number, delimiter: Delimiter = ','): AsyncGenerator<Iterable<CsvRecord>> {
  const source = batches[Symbol.asyncIterator]();
  let lines: readonly string[] = [];
  let at = 0;
  let isWhole = false;
  let line = 1;
  let row = 0;
  /** Ends before a line whose quotes are open, and which may need more lines than there are. */
  const records = function* (): Generator<CsvRecord> {
    while (at < lines.length) {
      let text = lines[at]!;
      let taken = 1;
      let cells = csvCells(text, delimiter);
      if (cells === null) {
        if (!isWhole && lines.length - at < MAX_LINES_PER_RECORD) return;
        const whole = joinedRecord(lines, at, columns, delimiter);
        if (whole) ({ text, cells, taken } = whole);
      }
      const first = line;
      at += taken;
      line += taken;
      if (first > 1 && text.trim() !== '') yield { row: ++row, line: first, text, cells };
    }
  };
  while (!isWhole) {
    const next = await source.next();
    if (next.done) isWhole = true;
    else {
      lines = at < lines.length ? [...lines.slice(at), ...next.value] : next.value;
      at = 0;
    }
    yield records();
  }
}

/** The record that a line with open quotes makes with those that follow; null: it makes none. */
const joinedRecord = (lines: readonly string[], at: number, columns: number, delimiter: Delimiter): { text: string; cells: string[]; taken: number } | null => {
  let text = lines[at]!;
  for (let taken = 1; taken < MAX_LINES_PER_RECORD && at + taken < lines.length; taken++) {
    const next = lines[at + taken]!;
    text += `\n${next}`;
    if (!next.includes('"')) continue;
    const cells = csvCells(text, delimiter);
    if (cells?.length === columns) return { text, cells, taken: taken + 1 };
  }
  return null;
};
