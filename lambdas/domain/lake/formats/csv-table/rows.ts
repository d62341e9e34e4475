import { csvCells, csvRecords, textLines } from '../../csv-records.ts';
import type { Finding, Refusal, SetFile } from '../../reading.ts';
import { compileMapping } from '../table/compile-mapping.ts';
import type { TableRow } from '../table/table-row.ts';
import { findTable } from './find-table.ts';
import type { CsvTableMap } from './map.ts';

/** The records of CSV files with a header: RFC 4180, UTF-8. */
export async function* csvRows(files: readonly SetFile[], map: CsvTableMap, only?: ReadonlySet<string>): AsyncGenerator<TableRow | Refusal> {
  for (const file of files) yield* readFile(file, map, only);
}

async function* readFile(file: SetFile, map: CsvTableMap, only: ReadonlySet<string> | undefined): AsyncGenerator<TableRow | Refusal> {
  const refuse = (detail: string): Refusal => ({ file: file.index, refused: 'not-this-format', detail });
  const header = await headerOf(file);
  if (header === null) return yield refuse(`the file must be CSV text in UTF-8 that begins with a header`);
  const twice = header.filter((name, index) => name !== '' && header.indexOf(name) !== index).length;
  if (twice > 0) return yield refuse(`the header must have each column once; ${twice} are there again`);
  const table = findTable(compileMapping(map.mapping), header);
  if ('problem' in table) return yield refuse(table.problem);
  if (only && map.mapping.tableFrom === undefined && !only.has(table.name)) return;
  let rows = 0;
  for await (const { row, text, cells } of csvRecords(textLines(file.open()), header.length)) {
    rows += 1;
    yield {
      file: file.index,
      table: table.name,
      where: `row ${row}`,
      cells: new Map(cells?.length === header.length ? header.map((name, index) => [name, cells[index]!]) : []),
      findings: problemsOf(cells, header),
      text: () => text,
    };
  }
  if (rows === 0) yield refuse('the file has a header but no rows');
}

/** In upper case; null: the file is none of text. */
const headerOf = async (file: SetFile): Promise<string[] | null> => {
  for await (const line of textLines(file.open())) {
    if (/[\0\uFFFD]/.test(line)) return null;
    return csvCells(line)?.map((name) => name.trim().toUpperCase()) ?? null;
  }
  return null;
};

const problemsOf = (cells: readonly string[] | null, header: readonly string[]): Finding[] => {
  if (cells === null) return [{ field: null, reason: 'malformed-row' }];
  if (cells.length !== header.length) return [{ field: null, reason: 'wrong-column-count' }];
  // what is no UTF-8 comes as U+FFFD
  return cells.some((cell) => /[\0\uFFFD]/.test(cell)) ? [{ field: null, reason: 'malformed-row' }] : [];
};
