import { csvCells, csvRecords, textLines } from '../../csv-records.ts';

export type CsvRow = { where: string; text: string /** null: its quotes do not add up */; cells: string[] | null };

const MAX_COLUMNS = 2000;

/** The names of a CSV's columns and then its rows; null where the first line is no list of names. */
export const openCsv = async (chunks: AsyncIterable<Uint8Array>): Promise<{ header: string[]; rows: AsyncIterable<CsvRow> } | null> => {
  const lines = textLines(chunks);
  const first = await lines.next();
  if (first.done) return null;
  const headLine = first.value;
  const header = csvCells(headLine)?.map((name) => name.trim()) ?? null;
  if (header === null || header.length > MAX_COLUMNS || header.every((name) => name === '') || headLine.includes('\0')) return null;
  return { header, rows: rowsOf(header.length, headLine, lines) };
};

async function* rowsOf(columns: number, head: string, lines: AsyncGenerator<string>): AsyncGenerator<CsvRow> {
  const all = async function* () {
    yield head;
    yield* lines;
  };
  for await (const { row, text, cells } of csvRecords(all(), columns)) yield { where: `row ${row}`, text, cells };
}
