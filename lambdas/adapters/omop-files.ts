import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { canonicalRows } from '../domain/lake/formats/omop/canonical-rows.ts';
import { type CdmTable, type Recognised, readableVersion, recogniseTable } from '../domain/lake/formats/omop/cdm-tables.ts';
import type { SetFile } from '../domain/lake/reading.ts';
import { literal, rowsOf } from './duckdb.ts';
import type { FileOutcome, Refused } from './omop-outcome.ts';
import { GrowingFile } from './scratch.ts';
import { UnfinishedError } from './set-files.ts';

/** A file whose table is known: its header's columns by the lake's names (null: not kept) and how its cells and row numbers are selected. */
export type CdmFile = { file: number; table: CdmTable; columns: (string | null)[]; cells: string[]; relation: string; row: string };
type Opened = CdmFile | { refused: Refused };

const quotedName = (column: string): string => `"${column.replaceAll('"', '""')}"`;

export const openCdmFile = async (connection: DuckDBConnection, file: SetFile, folder: string, outcome: FileOutcome): Promise<Opened> => {
  if (file.bytes === 0) return { refused: { reason: 'empty', detail: 'the file is empty' } };
  return (await isParquet(file.path)) ? openParquet(connection, file) : openCsv(file, folder, outcome);
};

const isParquet = async (path: string): Promise<boolean> => {
  const handle = await openFile(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.toString('latin1') === 'PAR1';
  } finally {
    await handle.close();
  }
};

/** Parquet may grow this much, beyond what any file may: dictionaries and run lengths of real tables shrink them 5 to 50 times. */
const MAX_EXPANSION = 250;
const FREE_BYTES = 64 * 1024 * 1024;

const openParquet = async (connection: DuckDBConnection, { index, path, bytes }: SetFile): Promise<Opened> => {
  const from = `read_parquet(${literal(path)})`;
  try {
    const [size] = await rowsOf(
      connection,
      `SELECT coalesce(sum(total_uncompressed_size), 0)::DOUBLE AS bytes, max(row_group_num_rows)::DOUBLE AS "rows" FROM parquet_metadata(${literal(path)})`,
    );
    if (Number(size!['bytes']) > Math.max(FREE_BYTES, MAX_EXPANSION * bytes) || Number(size!['rows'] ?? 0) > Math.max(FREE_BYTES, MAX_EXPANSION * bytes))
      return { refused: { reason: 'too-large', detail: `the file expands to more than ${MAX_EXPANSION} times its size` } };
    const header = (await rowsOf(connection, `DESCRIBE SELECT * FROM ${from}`)).map((row) => String(row['column_name']));
    const recognised = recogniseTable(header);
    if ('refused' in recognised) return refusalOf(recognised);
    // reads every page: one that is damaged refuses the file, not the set
    await connection.run(`SELECT bit_xor(hash(p)) FROM ${from} p`);
    return { file: index, ...recognised, cells: header.map(quotedName), relation: `read_parquet(${literal(path)}, file_row_number = true)`, row: '(file_row_number + 1)' };
  } catch {
    return { refused: { reason: 'malformed', detail: 'the file begins as Parquet but cannot be read as it' } };
  }
};

const refusalOf = (recognised: Extract<Recognised, { refused: unknown }>): { refused: Refused } => ({ refused: { reason: recognised.refused, detail: recognised.detail } });

/** One line of the canonical file at most: each cell's quotes may double. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

const openCsv = async (file: SetFile, folder: string, outcome: FileOutcome): Promise<Opened> => {
  const path = join(folder, `cells-${file.index}.csv`);
  const canonical = new GrowingFile(path);
  let recognised: Recognised | null = null;
  let width = 0;
  try {
    for await (const part of canonicalRows(file.open)) {
      if ('noText' in part) return { refused: { reason: 'not-this-format', detail: part.noText } };
      if ('header' in part) {
        width = part.header.columns.length;
        recognised = recogniseTable(part.header.columns);
        if ('refused' in recognised) return refusalOf(recognised);
        continue;
      }
      for (const { row, reason, text } of part.bad) await outcome.leaveOut(row, [{ field: null, reason }], text);
      if (part.lines.length > 0) await canonical.write(`${part.lines.join('\n')}\n`);
    }
  } catch (error) {
    if (!(error instanceof UnfinishedError)) throw error;
    return { refused: { reason: error.refused, detail: error.message } };
  } finally {
    await canonical.close();
  }
  if (!recognised || 'refused' in recognised) throw new Error('a CSV file was read without its header');
  const cells = Array.from({ length: width }, (_, index) => `c${index}`);
  const declared = ['row', ...cells].map((cell) => `${literal(cell)}: ${literal(cell === 'row' ? 'BIGINT' : 'VARCHAR')}`);
  const options = `auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', new_line = '\\n', max_line_size = ${MAX_LINE_BYTES}`;
  return { file: file.index, ...recognised, cells, relation: `read_csv(${literal(path)}, ${options}, columns = {${declared.join(', ')}})`, row: '"row"' };
};

/** The version that a cdm_source file says, where the set has one and it is not read. */
export const wrongVersion = async (connection: DuckDBConnection, files: readonly CdmFile[]): Promise<Refused | null> => {
  for (const { table, columns, cells, relation } of files) {
    if (table !== 'cdm_source') continue;
    for (const row of await rowsOf(connection, `SELECT DISTINCT ${cells[columns.indexOf('cdm_version')]}::VARCHAR AS version FROM ${relation}`)) {
      if (readableVersion(String(row['version'] ?? '')) === false)
        return { reason: 'wrong-version', detail: 'the set’s cdm_source names another version of the CDM; versions 5.3 and 5.4 are read' };
    }
  }
  return null;
};
