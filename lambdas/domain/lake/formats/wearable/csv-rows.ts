import type { Reason } from '../../../../../config/catalog/quarantine-reasons.ts';
import { type Delimiter, LINES_END_IN_CR, csvCells, csvRecords, delimiterOf, textEncodingOf, textLines } from '../../csv-records.ts';

export type CsvRow = { where: string; text: string /** null: its quotes do not add up */; cells: string[] | null };
export type OpenedCsv = { header: string[]; delimiter: Delimiter; rows: AsyncIterable<CsvRow> };

/** What a file is told that does not begin as a table. */
const NO_TABLE = 'the file does not begin with the names of columns: allowed is text (CSV; UTF-8 or UTF-16), no workbook';

const MAX_COLUMNS = 2000;
/** Exports set a title, a person's name or an empty line above the names of the columns. */
const MAX_LINES_ABOVE_HEADER = 10;

/**
 * The names of a CSV's columns and then its rows, or why the file does not begin as a table. The names are the first line among the
 * first few that `isHeader` knows; where it knows none, the first line.
 */
export const openCsv = async (
  open: () => AsyncIterable<Uint8Array>,
  encoding: string,
  isHeader: (names: readonly string[]) => boolean,
): Promise<OpenedCsv | { problem: string }> => {
  const lines = textLines(open(), await textEncodingOf(open, encoding));
  const above: string[] = [];
  for (let next = await lines.next(); !next.done; next = await lines.next()) {
    above.push(next.value);
    const header = hasCrWithin(next.value) ? null : headerOf(next.value);
    if (header && isHeader(header.names)) return opened(header, next.value, [], lines);
    if (above.length === MAX_LINES_ABOVE_HEADER) break;
  }
  const [first, ...others] = above;
  if (first === undefined || first.includes('\0')) return { problem: NO_TABLE };
  if (hasCrWithin(first) && others.every((line) => line.trim() === '')) return { problem: LINES_END_IN_CR };
  const header = headerOf(first);
  return header ? opened(header, first, others, lines) : { problem: NO_TABLE };
};

/** One at the end is no line's end: a row's last cell is trimmed. */
const hasCrWithin = (line: string): boolean => line.trimEnd().includes('\r');

type Header = { names: string[]; delimiter: Delimiter };

const headerOf = (line: string): Header | null => {
  const delimiter = delimiterOf(line);
  const names = csvCells(line, delimiter)?.map((name) => name.trim()) ?? null;
  return names === null || names.length > MAX_COLUMNS || names.every((name) => name === '') || line.includes('\0') ? null : { names, delimiter };
};

const opened = ({ names, delimiter }: Header, head: string, read: readonly string[], lines: AsyncGenerator<string>): OpenedCsv => ({
  header: names,
  delimiter,
  rows: rowsOf(names.length, delimiter, head, read, lines),
});

async function* rowsOf(columns: number, delimiter: Delimiter, head: string, read: readonly string[], lines: AsyncGenerator<string>): AsyncGenerator<CsvRow> {
  const all = async function* () {
    yield head;
    yield* read;
    yield* lines;
  };
  for await (const { row, text, cells } of csvRecords(all(), columns, delimiter)) {
    // a spreadsheet's empty rows
    if (cells?.every((cell) => cell.trim() === '')) continue;
    yield { where: `row ${row}`, text, cells };
  }
}

/** Where a column is: by its name, else by its name in other case, where that is one column's alone; -1 where it is not. */
export const placeOfColumn = (header: readonly string[], name: string): number => {
  const exact = header.indexOf(name);
  if (exact >= 0) return exact;
  const lower = name.toLowerCase();
  const alike = header.flatMap((each, place) => (each.toLowerCase() === lower ? [place] : []));
  return alike.length === 1 ? alike[0]! : -1;
};

/** A long number as a spreadsheet shortens it: `1.50396E+12`. */
const SHORTENED = /^\d([.,]\d+)?E\+\d+$/i;

/**
 * What speaks against a patient’s key. Letters that were lost in the reading (they are not of the file’s encoding) and digits that a
 * spreadsheet left out would make one person of two.
 */
export const reasonAgainstKey = (key: string, isNull: (cell: string) => boolean): Reason | null =>
  isNull(key) ? 'missing-key' : key.includes('\uFFFD') || SHORTENED.test(key) ? 'malformed-row' : null;
