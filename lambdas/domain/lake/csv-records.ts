import { parse } from 'csv-parse/sync';

/** A record of the file: its number (1 is the first after the header), its first line (the header is line 1) and its cells, or none. */
export type CsvRecord = { row: number; line: number; text: string; cells: string[] | null };

const MAX_LINE_CHARACTERS = 1_048_576;
/** A quoted cell may hold line breaks; a record that has not closed its quotes after so many lines never will. */
const MAX_LINES_PER_RECORD = 50;

/** Lines of a byte stream without their LF or CRLF; a longer line is cut at 1 Mi characters, so that memory stays bounded. */
export async function* textLines(chunks: AsyncIterable<Uint8Array>, encoding = 'utf-8'): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  let pending = '';
  for await (const chunk of chunks) {
    const pieces = decoder.decode(chunk, { stream: true }).split('\n');
    for (const [index, piece] of pieces.entries()) {
      if (pending.length < MAX_LINE_CHARACTERS) pending += piece.slice(0, MAX_LINE_CHARACTERS - pending.length);
      if (index === pieces.length - 1) break;
      yield withoutReturn(pending);
      pending = '';
    }
  }
  pending += decoder.decode();
  if (pending !== '') yield withoutReturn(pending);
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);

/** Lines of CSV text without the one that some software writes before the header to tell Excel the delimiter: `sep=;`. */
export async function* csvLines(chunks: AsyncIterable<Uint8Array>, encoding: string): AsyncGenerator<string> {
  let first = true;
  for await (const line of textLines(chunks, encoding)) {
    if (!first || !/^"?sep=.?"?$/i.test(line)) yield line;
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
 * The records after the header. A parser that reads on to the next quote would swallow good rows behind one stray quote: here a line
 * whose quotes are open takes further lines only if that makes a whole record of the right width; else it stands alone as malformed and
 * reading goes on at the next line.
 */
export async function* csvRecords(lines: AsyncIterable<string>, columns: number, delimiter: Delimiter = ','): AsyncGenerator<CsvRecord> {
  const source = lines[Symbol.asyncIterator]();
  const ahead: string[] = [];
  const lineAt = async (offset: number): Promise<string | null> => {
    while (ahead.length <= offset) {
      const next = await source.next();
      if (next.done) return null;
      ahead.push(next.value);
    }
    return ahead[offset]!;
  };
  let line = 1;
  let row = 0;
  for (let text = await lineAt(0); text !== null; text = await lineAt(0)) {
    const isHeader = line === 1;
    let taken = 1;
    let cells = csvCells(text, delimiter);
    if (cells === null) {
      let joined = text;
      for (; taken < MAX_LINES_PER_RECORD && cells === null; taken++) {
        const next = await lineAt(taken);
        if (next === null) break;
        joined += `\n${next}`;
        if (!next.includes('"')) continue;
        const whole = csvCells(joined, delimiter);
        if (whole?.length === columns) {
          cells = whole;
          text = joined;
        }
      }
      if (cells === null) taken = 1;
    }
    ahead.splice(0, taken);
    if (!isHeader && text.trim() !== '') yield { row: ++row, line, text, cells };
    line += taken;
  }
}
