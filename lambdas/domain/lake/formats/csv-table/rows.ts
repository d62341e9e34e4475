import { csvCells, csvLines, csvRecords, type Delimiter, delimiterOf, LINES_END_IN_CR, textEncodingOf } from '../../csv-records.ts';
import type { Finding, Refusal, SetFile } from '../../reading.ts';
import { compileMapping } from '../table/compile-mapping.ts';
import type { TableRow } from '../table/table-row.ts';
import { findTable } from './find-table.ts';
import type { CsvTableMap } from './map.ts';

/** The records of CSV files with a header: RFC 4180, also with another delimiter than the comma. */
export async function* csvRows(files: readonly SetFile[], map: CsvTableMap, only?: ReadonlySet<string>): AsyncGenerator<TableRow | Refusal> {
  for (const file of files) yield* readFile(file, map, only);
}

async function* readFile(file: SetFile, map: CsvTableMap, only: ReadonlySet<string> | undefined): AsyncGenerator<TableRow | Refusal> {
  const refuse = (detail: string): Refusal => ({ file: file.index, refused: 'not-this-format', detail });
  const encoding = await textEncodingOf(file.open, map.encoding);
  const head = await headOf(file, encoding);
  if (head === 'returns') return yield refuse(LINES_END_IN_CR);
  if (head === null)
    return yield refuse(`the file must be CSV text in ${map.encoding === 'utf-8' ? 'UTF-8' : map.encoding}, or UTF-16 with a byte order mark, that begins with a header`);
  const { header, delimiter } = head;
  const twice = header.filter((name, index) => name !== '' && header.indexOf(name) !== index).length;
  if (twice > 0) return yield refuse(`the header must have each column once; ${twice} are there again`);
  const table = findTable(compileMapping(map.mapping), header);
  if ('problem' in table) return yield refuse(table.problem);
  if (only && map.mapping.tableFrom === undefined && !only.has(table.name)) return;
  const kept = new Set(table.columns.map(({ key }) => key));
  const read = header.flatMap((name, index) => (kept.has(name) || name === map.mapping.tableFrom?.toUpperCase() ? [index] : []));
  let rows = 0;
  for await (const records of csvRecords(csvLines(file.open(), encoding), header.length, delimiter))
    for (const { row, text, cells } of records) {
      rows += 1;
      yield {
        file: file.index,
        table: table.name,
        where: `row ${row}`,
        cells: new Map(cells?.length === header.length ? header.map((name, index) => [name, cells[index]!]) : []),
        findings: problemsOf(cells, header, read),
        text: () => text,
      };
    }
  if (rows === 0) yield refuse('the file has a header but no rows');
}

/** The columns' names in upper case; null: the file is none of text. */
const headOf = async (file: SetFile, encoding: string): Promise<{ header: string[]; delimiter: Delimiter } | 'returns' | null> => {
  let head: string | null = null;
  let lines = 0;
  for await (const batch of csvLines(file.open(), encoding)) {
    for (const line of batch) {
      head ??= line;
      if (line.trim() !== '') lines += 1;
      if (lines === 2) break;
    }
    if (lines === 2) break;
  }
  if (head === null || /[\0\uFFFD]/.test(head)) return null;
  if (lines === 1 && head.includes('\r')) return 'returns';
  const delimiter = delimiterOf(head);
  const header = csvCells(head, delimiter)?.map((name) => name.trim().toUpperCase());
  return header ? { header, delimiter } : null;
};

const problemsOf = (cells: readonly string[] | null, header: readonly string[], read: readonly number[]): Finding[] => {
  if (cells === null) return [{ field: null, reason: 'malformed-row' }];
  if (cells.length !== header.length) return [{ field: null, reason: 'wrong-column-count' }];
  // what is not of the encoding comes as U+FFFD; it matters where it is read
  return read.some((index) => /[\0\uFFFD]/.test(cells[index]!)) ? [{ field: null, reason: 'malformed-row' }] : [];
};
