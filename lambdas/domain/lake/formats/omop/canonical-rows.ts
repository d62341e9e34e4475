import { parse } from 'csv-parse/sync';
import { type Delimiter, delimiterOf, LINES_END_IN_CR, textEncodingOf } from '../../csv-records.ts';

/** The first line's cells and the delimiter that they show. */
export type Header = { columns: string[]; delimiter: Delimiter };
export type BadRow = { row: number; reason: 'malformed-row' | 'wrong-column-count'; text: string };

/** What a piece of a CSV file holds: the header comes alone and first; `lines` are whole rows of the canonical file, `bad` those that are none. */
export type CsvPart = { header: Header } | { lines: string[]; bad: BadRow[] } | { noText: string };

const MAX_LINE_CHARACTERS = 1_048_576;
/** A quoted cell may hold line breaks; a row that has not closed its quotes after so many lines never will. */
const MAX_LINES_PER_ROW = 50;
/** So many of those lines are tried as the row's end: else a file of stray quotes would be parsed over and over. */
const MAX_TRIALS = 3;

const BINARY = 'the file is binary; a CDM table is CSV text in UTF-8, UTF-16 with a byte order mark, or Parquet';

/**
 * Rewrites a CSV or tab-separated file so that an engine that trusts its input reads it right: `<row>,<cell>,<cell>…`, UTF-8, no header,
 * every row of the header's width on its own line. A row with stray quotes or another width stands alone; those after it are whole.
 */
export async function* canonicalRows(open: () => AsyncIterable<Uint8Array>): AsyncGenerator<CsvPart> {
  let rows: RowReader | null = null;
  let first: string | null = null;
  for await (const lines of lineBatches(open(), await textEncodingOf(open))) {
    if (lines === null) {
      yield { noText: BINARY };
      return;
    }
    let rest = lines;
    if (!rows) {
      if (first === null) [first, ...rest] = lines as [string, ...string[]];
      // a first line with CR in it may be the whole file; blank lines after it are no rows
      if (first.includes('\r') && rest.every((line) => line.trim() === '')) continue;
      const header = headerOf(first);
      yield { header };
      rows = new RowReader(header);
    }
    const part = rows.read(rest, false);
    if (part.lines.length + part.bad.length > 0) yield part;
  }
  if (rows) yield rows.read([], true);
  else if (first !== null) yield { noText: LINES_END_IN_CR };
  else yield { header: { columns: [], delimiter: ',' } };
}

/** Whole lines of a text's stream without LF or CRLF, as many as a chunk ends; a longer line is cut. Null: a NUL, which no text has. */
async function* lineBatches(chunks: AsyncIterable<Uint8Array>, encoding: string): AsyncGenerator<string[] | null> {
  const decoder = new TextDecoder(encoding);
  let pending = '';
  for await (const chunk of chunks) {
    if (encoding === 'utf-8' && chunk.includes(0)) {
      yield null;
      return;
    }
    const pieces = decoder.decode(chunk, { stream: true }).split('\n');
    if (pending.length < MAX_LINE_CHARACTERS) pending += pieces[0];
    if (pieces.length === 1) continue;
    pieces[0] = pending;
    pending = pieces.pop()!;
    yield pieces.map(trimmed);
  }
  pending += decoder.decode();
  if (pending !== '') yield [trimmed(pending)];
}

const trimmed = (line: string): string => {
  const short = line.length > MAX_LINE_CHARACTERS ? line.slice(0, MAX_LINE_CHARACTERS) : line;
  return short.endsWith('\r') ? short.slice(0, -1) : short;
};

const headerOf = (line: string): Header => {
  const text = line.replace(/^\uFEFF/, '');
  const delimiter = delimiterOf(text);
  return { columns: cellsOf(text, delimiter) ?? [], delimiter };
};

/** The cells of one row's text (RFC 4180, with its delimiter), or null where its quotes do not add up. */
const cellsOf = (text: string, delimiter: string): string[] | null => {
  if (!text.includes('"')) return text.split(delimiter);
  try {
    const records = parse(text, { delimiter, relax_column_count: true }) as string[][];
    return records.length === 1 ? records[0]! : null;
  } catch {
    return null;
  }
};

class RowReader {
  readonly #delimiter: string;
  readonly #width: number;
  #row = 0;
  #waiting: string[] = [];

  constructor({ columns, delimiter }: Header) {
    this.#delimiter = delimiter;
    this.#width = columns.length;
  }

  /** Rows that these lines complete; a row whose quotes are open waits for the lines that come next, unless none do. */
  read(next: string[], atEnd: boolean): { lines: string[]; bad: BadRow[] } {
    const all = this.#waiting.length > 0 ? [...this.#waiting, ...next] : next;
    const lines: string[] = [];
    const bad: BadRow[] = [];
    let at = 0;
    while (at < all.length) {
      const text = all[at]!;
      if (text.trim() === '') {
        at += 1;
        continue;
      }
      const quotes = text.includes('"');
      if (!quotes && this.#isWhole(text)) {
        this.#row += 1;
        lines.push(this.#simple(text));
        at += 1;
        continue;
      }
      const taken = quotes ? this.#quotedRow(all, at, atEnd) : { text, cells: text.split(this.#delimiter), count: 1 };
      if (taken === null) break;
      this.#row += 1;
      at += taken.count;
      const { cells } = taken;
      if (cells?.length === this.#width) lines.push(`${this.#row},${cells.map(quoted).join(',')}`);
      else bad.push({ row: this.#row, reason: cells === null ? 'malformed-row' : 'wrong-column-count', text: taken.text });
    }
    this.#waiting = all.slice(at);
    return { lines, bad };
  }

  #isWhole(text: string): boolean {
    let delimiters = 0;
    for (let at = text.indexOf(this.#delimiter); at !== -1; at = text.indexOf(this.#delimiter, at + 1)) delimiters += 1;
    return delimiters === this.#width - 1;
  }

  #simple(text: string): string {
    if (this.#delimiter === ',' && !text.includes('\r')) return `${this.#row},${text}`;
    return `${this.#row},${text.split(this.#delimiter).map(quoted).join(',')}`;
  }

  /** A line with quotes takes further lines only if that makes a whole row; null: it needs lines that are not here yet. */
  #quotedRow(all: readonly string[], at: number, atEnd: boolean): { text: string; cells: string[] | null; count: number } | null {
    let text = all[at]!;
    const own = cellsOf(text, this.#delimiter);
    if (own !== null) return { text, cells: own, count: 1 };
    let trials = 0;
    for (let count = 2; count <= MAX_LINES_PER_ROW && trials < MAX_TRIALS && text.length < MAX_LINE_CHARACTERS; count++) {
      const next = all[at + count - 1];
      if (next === undefined) {
        if (!atEnd) return null;
        break;
      }
      text += `\n${next}`;
      if (!next.includes('"')) continue;
      trials += 1;
      const cells = cellsOf(text, this.#delimiter);
      if (cells?.length === this.#width) return { text, cells, count };
    }
    // files with tabs or bars are often written without quoting: there a quote is a character
    const unquoted = this.#delimiter === '\t' || this.#delimiter === '|';
    return { text: all[at]!, cells: unquoted ? all[at]!.split(this.#delimiter) : null, count: 1 };
  }
}

/** Line breaks in a cell are free text's; the canonical file has one row per line. */
const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""').replace(/[\r\n]+/g, ' ')}"` : cell);
