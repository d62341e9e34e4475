import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { literal, withDuckDb } from '../../../lambdas/adapters/duckdb.ts';
import { stagedRelation, stagedTableOf } from '../../../lambdas/adapters/staged-files.ts';
import { type StagedRow, ownCells } from '../../../lambdas/domain/lake/identify.ts';
import { NO_ROOM, stagedColumns, writeStagedLine } from '../../../lambdas/domain/lake/staged-line.ts';

/** A staged row with all of its columns side by side. */
export type FlatRow = Pick<StagedRow, 'table' | 'record_key' | 'source_location'> & { [column: string]: string | number | null | undefined };

export const flatRow = ({ table, record_key, source_location, own: { id, ...own }, values }: StagedRow): FlatRow => ({
  table,
  record_key,
  source_location,
  ...values,
  ...Object.fromEntries([[`${table}_id`, id] as const, ...Object.entries(own)].filter(([, value]) => value !== null)),
});

/** A row's line; where there is no room for it, there is in more. */
export const stagedLine = (row: StagedRow): Buffer => {
  const before = 3;
  for (let size = 1; ; size *= 2) {
    const bytes = Buffer.alloc(before + size);
    const end = writeStagedLine(row, bytes, before);
    if (end !== NO_ROOM) return bytes.subarray(before, end);
  }
};

/** Stages rows as an ingest does: the paths of a file for each table. */
export const stageRows = (folder: string, name: string, rows: readonly FlatRow[]): string[] =>
  [...Map.groupBy(rows, ({ table }) => table)].map(([table, ofTable]) => {
    const path = join(folder, `${name}-${table}.csv.zst`);
    const lines = ofTable.map(({ table: _, record_key, source_location, ...values }) => stagedLine({ table, record_key, source_location, own: ownCells({}), values }));
    writeFileSync(path, zstdCompressSync(Buffer.concat(lines)));
    return path;
  });

/** Identifiers of more than 53 bits are told as text. */
const EXACT = new Set(['person_id', 'care_site_id']);

/** The rows of a staged file, of either form; columns without a value are left out. */
export const readStaged = (path: string): Promise<FlatRow[]> =>
  withDuckDb(async (connection) => {
    const table = stagedTableOf(path);
    const columns = table === null ? [] : stagedColumns(table);
    const texts = columns.map(([name]) => [name, 'VARCHAR'] as const);
    const from =
      table === null
        ? `SELECT to_json(staged)::VARCHAR FROM read_parquet(${literal(path)}) staged`
        : `SELECT to_json(staged)::VARCHAR FROM ${stagedRelation([path], texts)} staged`;
    const types = new Map(columns);
    return (await connection.runAndReadAll(from)).getRows().map(([text]) => {
      const row = JSON.parse(String(text)) as FlatRow;
      if (table === null) return row;
      const cells = Object.entries(row).flatMap(([name, value]) => {
        const type = types.get(name)!;
        const isNumber = type === 'INTEGER' || type === 'DOUBLE' || (type === 'BIGINT' && EXACT.has(name));
        return value === null ? [] : [[name, isNumber ? Number(value) : value]];
      });
      return { table, ...Object.fromEntries(cells) } as FlatRow;
    });
  });
