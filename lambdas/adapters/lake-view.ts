import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { DatasetManifest, DatasetObject } from '../contracts/dataset.ts';
import { OMOP_TABLES, OMOP_TABLE_NAMES, type OmopTable } from '../domain/lake/omop-tables.ts';
import { literal, withDuckDb } from './duckdb.ts';
import { getVerified } from './objects.ts';
import { withScratch } from './scratch.ts';

/** A pinned object's copy on local disk. */
export type PinnedFile = { path: string; object: Pick<DatasetObject, 'table' | 'ingestId' | 'use'> /* without ingestId: each row says its ingest */ };

/**
 * Runs the work on a dataset version: a view for each OMOP table that the manifest pins, every byte verified. Tables that no ingest made
 * are there without rows.
 */
export const withLakeView = <T>(manifest: DatasetManifest, tables: readonly OmopTable[], work: (connection: DuckDBConnection) => Promise<T>): Promise<T> =>
  withScratch(async (folder) => {
    const files: PinnedFile[] = [];
    for (const object of manifest.objects.filter(({ table }) => table === 'record' || (tables as readonly string[]).includes(table))) {
      const path = join(folder, `${files.length}.parquet`);
      await writeFile(path, await getVerified(object));
      files.push({ path, object });
    }
    return withDuckDb(async (connection) => {
      await viewLake(connection, manifest, files, tables);
      return work(connection);
    }, folder);
  });

/**
 * Makes the views. A view shows a record as its newest ingest says it, nothing that was deleted since, nobody who withdrew; beside the
 * CDM's columns it has `use` (development or external) and `ingest_order` (0 is the oldest). `seen` knows in which files a person ever came.
 */
export const viewLake = async (
  connection: DuckDBConnection,
  { ingests, withdrawn }: Pick<DatasetManifest, 'ingests' | 'withdrawn'>,
  files: readonly PinnedFile[],
  tables: readonly OmopTable[],
): Promise<void> => {
  const ordered = [...ingests].sort((a, b) => (`${a.committedAt} ${a.ingestId}` < `${b.committedAt} ${b.ingestId}` ? -1 : 1));
  await connection.run('CREATE TABLE ingest_orders (ingest_id VARCHAR, ingest_order INTEGER)');
  if (ordered.length > 0) await connection.run(`INSERT INTO ingest_orders VALUES ${ordered.map(({ ingestId }, order) => `(${literal(ingestId)}, ${order})`).join(', ')}`);
  await connection.run('CREATE TABLE pinned (path VARCHAR, ingest_id VARCHAR, use VARCHAR)');
  const pinned = files.map(({ path, object }) => `(${literal(path)}, ${object.ingestId ? literal(object.ingestId) : 'NULL'}, ${literal(object.use)})`);
  if (pinned.length > 0) await connection.run(`INSERT INTO pinned VALUES ${pinned.join(', ')}`);
  await connection.run('CREATE TABLE withdrawn (person_id BIGINT)');
  if (withdrawn.length > 0) await connection.run(`INSERT INTO withdrawn VALUES ${withdrawn.map((personId) => `(${personId})`).join(', ')}`);
  const of = (table: string) => files.filter(({ object }) => object.table === table);
  await peopleSeen(connection, of('record'));
  await newestRecords(connection, of('record'));
  for (const table of OMOP_TABLE_NAMES) if (tables.includes(table)) await currentRows(connection, table, of(table));
};

/** The files' rows with `use` and `ingest_order`. */
const read = (files: readonly PinnedFile[]): string => {
  const paths = (some: readonly PinnedFile[]) => `read_parquet([${some.map(({ path }) => literal(path)).join(', ')}], union_by_name = true, filename = true)`;
  const [own, merged] = [files.filter(({ object }) => object.ingestId), files.filter(({ object }) => !object.ingestId)];
  const parts = [
    ...(own.length > 0 ? [`(SELECT f.*, p.use, p.ingest_id FROM ${paths(own)} f JOIN pinned p ON p.path = f.filename)`] : []),
    ...(merged.length > 0 ? [`(SELECT f.*, p.use FROM ${paths(merged)} f JOIN pinned p ON p.path = f.filename)`] : []),
  ];
  return `(SELECT * FROM (${parts.join(' UNION ALL BY NAME ')}) JOIN ingest_orders USING (ingest_id))`;
};

/** `seen(person_id, use)`: in which files a person ever came, whichever of them stands. */
const peopleSeen = async (connection: DuckDBConnection, files: readonly PinnedFile[]): Promise<void> => {
  await connection.run('CREATE TABLE seen (person_id BIGINT, use VARCHAR)');
  if (files.length === 0) return;
  await connection.run(`INSERT INTO seen SELECT DISTINCT person_id, use FROM ${read(files)} WHERE person_id IS NOT NULL AND person_id NOT IN (FROM withdrawn)`);
};

/** `newest(record_key, ingest_order)`: which ingest's rows stand for a record; a deleted record has none. */
const newestRecords = async (connection: DuckDBConnection, files: readonly PinnedFile[]): Promise<void> => {
  await connection.run('CREATE TABLE newest (record_key VARCHAR, ingest_order INTEGER)');
  if (files.length === 0) return;
  await connection.run(
    `INSERT INTO newest SELECT record_key, ingest_order FROM (
       SELECT record_key, max(ingest_order) AS ingest_order, arg_max(deleted, ingest_order) AS deleted
       FROM ${read(files)} GROUP BY record_key) WHERE NOT deleted`,
  );
};

const currentRows = async (connection: DuckDBConnection, table: OmopTable, files: readonly PinnedFile[]): Promise<void> => {
  const columns = Object.entries(OMOP_TABLES[table].columns);
  if (files.length === 0) {
    const empty = columns.map(([name, type]) => `NULL::${type} AS "${name}"`);
    await connection.run(`CREATE VIEW ${table} AS SELECT ${empty.join(', ')}, NULL::VARCHAR AS record_key, NULL::VARCHAR AS use, NULL::INTEGER AS ingest_order WHERE false`);
    return;
  }
  const person = columns.some(([name]) => name === 'person_id') ? 'WHERE NOT EXISTS (SELECT 1 FROM withdrawn w WHERE w.person_id = t.person_id)' : '';
  await connection.run(
    `CREATE VIEW ${table} AS SELECT ${columns.map(([name]) => `t."${name}"`).join(', ')}, t.record_key, t.use, t.ingest_order
     FROM ${read(files)} t JOIN newest ON newest.record_key = t.record_key AND newest.ingest_order = t.ingest_order ${person}`,
  );
};
