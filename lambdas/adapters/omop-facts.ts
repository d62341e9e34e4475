import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { FACT_DOMAINS, FACT_TABLES, knownFactsSql, namedFactsSql, resolvedFactsSql } from '../domain/lake/formats/omop/fact-sql.ts';
import type { OmopMap } from '../domain/lake/formats/omop/map.ts';
import type { OmopTable } from '../domain/lake/omop-tables.ts';
import { literal } from './duckdb.ts';

/**
 * Resolves the facts that rows of fact_relationship name among the other tables' admitted rows: answers, for each relation of rows, one of resolved rows. Only what is named is
 * looked up.
 */
export const resolveFacts = async (
  connection: DuckDBConnection,
  relations: readonly string[],
  admitted: ReadonlyMap<OmopTable, string>,
  { elsewhere, subject }: OmopMap,
  folder: string,
): Promise<string[]> => {
  const typed: string[] = [];
  for (const [index, rows] of relations.entries()) {
    const path = join(folder, `facts-${index}.parquet`);
    await connection.run(`COPY (FROM ${rows}) TO ${literal(path)} (FORMAT parquet)`);
    typed.push(path);
  }
  const peopleElsewhere = elsewhere.includes('person');
  const read = (paths: readonly string[]): string => `read_parquet([${paths.map(literal).join(', ')}])`;
  await connection.run(`CREATE TABLE fact_domains AS ${FACT_DOMAINS}`);
  await connection.run(`CREATE TABLE named_facts AS ${namedFactsSql(read(typed))}`);
  const patients = subject === 'person_id' ? 'key::VARCHAR AS subject, key AS patient' : 'subject, min(key) OVER (PARTITION BY subject) AS patient';
  await connection.run(`CREATE TABLE patients AS SELECT key, ${patients} FROM key_person`);
  await connection.run('CREATE TABLE facts (fact_table VARCHAR, key BIGINT, patient BIGINT, id BIGINT)');
  for (const table of FACT_TABLES) {
    const known = knownFactsSql(table, admitted.get(table) ?? null, peopleElsewhere);
    if (known) await connection.run(`INSERT INTO facts ${known}`);
  }
  return typed.map((path) => resolvedFactsSql(read([path])));
};
