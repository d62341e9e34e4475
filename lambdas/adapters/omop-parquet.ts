import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OMOP_TABLES, OMOP_TABLE_NAMES, type OmopTable } from '../domain/lake/omop-tables.ts';
import { literal, withDuckDb } from './duckdb.ts';

/** A column name means the same type in every table that has it. */
const ALL_COLUMNS: Record<string, string> = Object.assign({}, ...OMOP_TABLE_NAMES.map((table) => OMOP_TABLES[table].columns));

export type TableFile = { table: OmopTable; rows: number; content: Buffer };

/**
 * Writes a staged NDJSON file, plain or gzip by its name (one OMOP row a line, named by its member `table`), as one Parquet file per table, in the CDM's column order
 * and types, sorted by the row's identifier: the same rows make the same bytes. Tables without rows are written too, so that a reader
 * finds each with its columns. A row that lacks a column that the CDM requires is a fault.
 */
export const writeOmopParquet = (stagedPath: string, folder: string, use: (file: TableFile) => Promise<void>): Promise<void> =>
  withDuckDb(async (connection) => {
    const members = Object.entries({ table: 'VARCHAR', ...ALL_COLUMNS }).map(([name, type]) => `${literal(name)}: ${literal(type)}`);
    await connection.run(`CREATE TABLE staged AS FROM read_json(${literal(stagedPath)}, format = 'newline_delimited', columns = {${members.join(', ')}})`);
    for (const table of OMOP_TABLE_NAMES) {
      const { columns, id, required } = OMOP_TABLES[table];
      const missing = required.map((name) => `${name} IS NULL`).join(' OR ');
      const counts = await connection.runAndReadAll(
        `SELECT count(*) AS "rows", count(DISTINCT ${id}) AS ids, count(*) FILTER (${missing}) AS incomplete FROM staged WHERE "table" = ${literal(table)}`,
      );
      const [{ rows, ids, incomplete } = { rows: 0, ids: 0, incomplete: 0 }] = counts.getRowObjects();
      if (ids !== rows) throw new Error(`${table} holds ${rows} rows with ${ids} different ${id}`);
      if (Number(incomplete) > 0) throw new Error(`${table} holds ${incomplete} rows without a value for one of ${required.join(', ')}`);
      const path = join(folder, `${table}.parquet`);
      await connection.run(
        `COPY (SELECT ${Object.keys(columns).join(', ')} FROM staged WHERE "table" = ${literal(table)} ORDER BY ${id}) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`,
      );
      await use({ table, rows: Number(rows), content: await readFile(path) });
    }
  });

/** How many people the person files hold, and how many `person_id` stand for more than one pseudonym (must be 0). */
export const countPersons = (paths: readonly string[]): Promise<{ persons: number; collisions: number }> =>
  withDuckDb(async (connection) => {
    const reader = await connection.runAndReadAll(
      `SELECT count(*) AS persons, count(*) FILTER (pseudonyms > 1) AS collisions
       FROM (SELECT person_id, count(DISTINCT person_source_value) AS pseudonyms FROM read_parquet([${paths.map(literal).join(', ')}]) GROUP BY person_id)`,
    );
    const [row] = reader.getRowObjects();
    return { persons: Number(row!['persons']), collisions: Number(row!['collisions']) };
  });
