import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CompactionPlan } from '../contracts/compaction.ts';
import type { DatasetObject } from '../contracts/dataset.ts';
import { OMOP_TABLES, type OmopTable } from '../domain/lake/omop-tables.ts';
import type { LakeTable } from './curation.ts';
import { literal, withDuckDb } from './duckdb.ts';

/** A pinned object's copy on local disk. */
export type MemberFile = { path: string; object: Pick<DatasetObject, 'table' | 'ingestId'> };

/** The rows of an ingest's file, and of merged files, which say the ingest of each row. */
const rowsOf = (files: readonly MemberFile[]): string => {
  const merged = files.filter(({ object }) => !object.ingestId);
  const parts = [
    ...files.flatMap(({ path, object }) => (object.ingestId ? [`SELECT *, ${literal(object.ingestId)} AS ingest_id FROM read_parquet(${literal(path)})`] : [])),
    ...(merged.length > 0 ? [`FROM read_parquet([${merged.map(({ path }) => literal(path)).join(', ')}], union_by_name = true)`] : []),
  ];
  return parts.map((part) => `(${part})`).join(' UNION ALL BY NAME ');
};

/**
 * Merges the files table by table: every row as it is, also superseded ones, and beside its columns `ingest_id`. Sorted by ingest and
 * identifier, so that the same files make the same bytes.
 */
export const mergeFiles = (files: readonly MemberFile[], folder: string, use: (merged: { table: LakeTable; rows: number; content: Buffer }) => Promise<void>): Promise<void> =>
  withDuckDb(async (connection) => {
    for (const [table, some] of [...Map.groupBy(files, ({ object }) => object.table as LakeTable)].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const path = join(folder, `merged-${table}.parquet`);
      const id = table === 'record' ? 'record_key' : OMOP_TABLES[table as OmopTable].id;
      await connection.run(`COPY (FROM (${rowsOf(some)}) ORDER BY ingest_id, "${id}", record_key) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`);
      const [counted] = (await connection.runAndReadAll(`SELECT count(*) FROM read_parquet(${literal(path)})`)).getRows();
      await use({ table, rows: Number(counted![0]), content: await readFile(path) });
    }
  }, folder);

/** Every file that a plan merges. */
export const filesOfPlan = ({ members }: CompactionPlan): DatasetObject[] => members.flatMap(({ objects }) => objects);
