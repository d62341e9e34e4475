import type { DuckDBConnection } from '@duckdb/node-api';
import { OMOP_TABLES, OMOP_TABLE_NAMES, type OmopTable } from '../domain/lake/omop-tables.ts';
import { CHECKS, type Check, instancesOf } from '../domain/lake/quality/checks.ts';
import { queriesOf } from '../domain/lake/quality/check-sql.ts';
import { type QualityResult, resultOf } from '../domain/lake/quality/results.ts';
import { shippedCodes } from '../domain/lake/vocabulary/concept-of.ts';
import { literal } from './duckdb.ts';

/** A source's rows among a connection's OMOP tables: a condition on them (`ingest_order IN (0, 2)`), or all. */
export type SourceRows = { source: string; where: string };

type Options = { /** a relation (concept_id, domain_id) of a vocabulary; else the shipped codes */ concept?: string | undefined; checks?: readonly Check[] };

/**
 * Runs every check on each source's rows. The connection has the OMOP tables as tables or views; references and people are looked up in
 * all of them, whichever source they came from.
 */
export const runQualityChecks = async (connection: DuckDBConnection, sources: readonly SourceRows[], { concept, checks = CHECKS }: Options = {}): Promise<QualityResult[]> => {
  const there = await sharedRelations(connection, concept);
  const queries = queriesOf(checks.map((check) => ({ check, instances: instancesOf(check) })));
  const results: QualityResult[] = [];
  for (const { source, where } of sources) {
    await sourceRelations(connection, where, there);
    for (const { sql, counted } of queries) {
      const [row] = (await connection.runAndReadAll(sql)).getRowObjects();
      for (const [index, { check, instance }] of counted.entries()) results.push(resultOf(source, check, instance, Number(row![`v${index}`] ?? 0), Number(row![`d${index}`] ?? 0)));
    }
  }
  return results.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
};

const keyOf = ({ source, table, field, check, conceptId }: QualityResult): string => `${source} ${table} ${field ?? ''} ${check} ${String(conceptId ?? 0).padStart(12, '0')}`;

/** What the connection has of a table's columns, in the types that the CDM gives them; what it lacks is NULL, or no rows. */
const typedColumns = (table: OmopTable, there: ReadonlySet<string>): string =>
  Object.entries(OMOP_TABLES[table].columns)
    .map(([column, type]) => `${there.has(`${table}.${column}`) ? `TRY_CAST("${column}" AS ${type})` : `NULL::${type}`} AS "${column}"`)
    .join(', ');
const isThere = (table: OmopTable, there: ReadonlySet<string>): boolean => Object.keys(OMOP_TABLES[table].columns).some((column) => there.has(`${table}.${column}`));

/** What does not depend on the source; answers the columns that are there. Of a person who is told of several times, what is known of them. */
const sharedRelations = async (connection: DuckDBConnection, concept?: string): Promise<ReadonlySet<string>> => {
  const tables = OMOP_TABLE_NAMES.map(literal).join(', ');
  await connection.run(`CREATE OR REPLACE TEMP TABLE quality_columns AS SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE table_name IN (${tables})`);
  const found = await connection.runAndReadAll(`SELECT table_name || '.' || column_name FROM quality_columns`);
  const there = new Set(found.getRows().map(([name]) => String(name)));
  for (const table of OMOP_TABLE_NAMES) {
    const from = isThere(table, there) ? `FROM ${table}` : 'WHERE false';
    await connection.run(`CREATE OR REPLACE TEMP VIEW quality_all_${table} AS SELECT ${typedColumns(table, there)} ${from}`);
  }
  await connection.run(
    'CREATE OR REPLACE TEMP TABLE quality_person AS SELECT person_id, max(gender_concept_id) AS gender_concept_id, max(year_of_birth) AS year_of_birth FROM quality_all_person GROUP BY person_id',
  );
  await connection.run('CREATE OR REPLACE TEMP TABLE quality_death AS SELECT person_id, min(death_date) AS death_date FROM quality_all_death GROUP BY person_id');
  await connection.run(
    'CREATE OR REPLACE TEMP TABLE quality_visit AS SELECT visit_occurrence_id, min(visit_start_date) AS visit_start_date, max(visit_end_date) AS visit_end_date FROM quality_all_visit_occurrence GROUP BY visit_occurrence_id',
  );
  const domains = new Map(shippedCodes().flatMap(({ concept: { conceptId, domain } }) => (conceptId > 0 && domain ? [[conceptId, domain] as const] : [])));
  const shipped = `VALUES ${[...domains].map(([id, domain]) => `(${id}, ${literal(domain)})`).join(', ')}`;
  await connection.run(`CREATE OR REPLACE TEMP TABLE quality_concept AS SELECT concept_id, domain_id FROM ${concept ?? `(${shipped}) s(concept_id, domain_id)`}`);
  return there;
};

/** Each table's rows of one source; read once, for they are counted many times. */
const sourceRelations = async (connection: DuckDBConnection, where: string, there: ReadonlySet<string>): Promise<void> => {
  for (const table of OMOP_TABLE_NAMES) {
    const from = isThere(table, there) ? `FROM ${table} WHERE ${where}` : 'WHERE false';
    await connection.run(`CREATE OR REPLACE TEMP TABLE quality_rows_${table} AS SELECT ${typedColumns(table, there)} ${from}`);
  }
  const people = OMOP_TABLE_NAMES.filter((table) => 'person_id' in OMOP_TABLES[table].columns).map((table) => `SELECT person_id FROM quality_rows_${table}`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE quality_source_people AS SELECT DISTINCT person_id FROM (${people.join(' UNION ALL ')}) WHERE person_id IS NOT NULL`);
};
