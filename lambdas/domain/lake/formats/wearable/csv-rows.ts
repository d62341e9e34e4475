import type { Reason } from '../../../../../config/catalog/quarantine-reasons.ts';
import { type CsvRecord, type Delimiter, LINES_END_IN_CR, csvCells, csvRecords, delimiterOf, textEncodingOf, textLines } from '../../csv-records.ts';

export type CsvRow = { where: string; text: string /** null: its quotes do not add up */; cells: string[] | null };
export type OpenedCsv = { header: string[]; delimiter: Delimiter; rows: AsyncIterable<Iterable<CsvRow>> };

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
  const batches = textLines(open(), await textEncodingOf(open, encoding));
  const above: string[] = [];
  for (let next = await batches.next(); !next.done; next = await batches.next()) {
    for (const [place, line] of next.value.entries()) {
      const header = hasCrWithin(line) ? null : headerOf(line);
      if (header && isHeader(header.names)) return opened(header, next.value.slice(place), batches);
      above.push(line);
      if (above.length < MAX_LINES_ABOVE_HEADER) continue;
      return openedAtFirst(above, next.value.slice(place + 1), batches);
    }
  }
  return openedAtFirst(above, [], batches);
};

/** A table whose names are those of the first line. */
const openedAtFirst = (above: readonly string[], read: readonly string[], batches: AsyncIterable<string[]>): OpenedCsv | { problem: string } => {
  const [first, ...others] = above;
  if (first === undefined || first.includes('\0')) return { problem: NO_TABLE };
  if (hasCrWithin(first) && others.every((line) => line.trim() === '')) return { problem: LINES_END_IN_CR };
  const header = headerOf(first);
  return header ? opened(header, [...above, ...read], batches) : { problem: NO_TABLE };
};

/** One at the end is no line's end: a row's last cell is trimmed. */
const hasCrWithin = (line: string): boolean => line.trimEnd().includes('\r');

type Header = { names: string[]; delimiter: Delimiter };

const headerOf = (line: string): Header | null => {
  const delimiter = delimiterOf(line);
  const names = csvCells(line, delimiter)?.map((name) => name.trim()) ?? null;
  return names === null || names.length > MAX_COLUMNS || names.every((name) => name === '') || line.includes('\0') ? null : { names, delimiter };
};

/** @param lines those that were read already, from the names of the columns on */
const opened = ({ names, delimiter }: Header, lines: readonly string[], batches: AsyncIterable<string[]>): OpenedCsv => ({
  header: names,
  delimiter,
  rows: rowsOf(names.length, delimiter, lines, batches),
});

async function* rowsOf(columns: number, delimiter: Delimiter, lines: readonly string[], batches: AsyncIterable<string[]>): AsyncGenerator<Iterable<CsvRow>> {
  const all = async function* () {
    yield lines;
    yield* batches;
  };
  for await (const records of csvRecords(all(), columns, delimiter)) yield filledRows(records);
}

function* filledRows(records: Iterable<CsvRecord>): Generator<CsvRow> {
  for (const { row, text, cells } of records) {
    // a spreadsheet's empty rows
    if (cells !== null && isBlank(cells)) continue;
    yield { where: `row ${row}`, text, cells };
  }
}

const isBlank = (cells: readonly string[]): boolean => cells[0]!.trim() === '' && cells.every((cell) => cell.trim() === '');

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
