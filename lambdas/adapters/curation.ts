import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { OMOP_TABLES, OMOP_TABLE_NAMES, type OmopTable } from '../domain/lake/omop-tables.ts';
import { rowIdSql, rowSalt } from '../domain/lake/row-id.ts';
import { type Terms, knownWords } from '../domain/lake/source-terms.ts';
import { stagedColumns } from '../domain/lake/staged-line.ts';
import { literal, rowsOf, withDuckDb } from './duckdb.ts';
import { keyTerms } from './source-terms.ts';
import { stagedRelation, stagedTableOf } from './staged-files.ts';

const stagedTable = (table: string): string => `staged_${table}`;
const columnsOf = (table: OmopTable): [name: string, type: string][] => Object.entries(OMOP_TABLES[table].columns);
const eventDates = (table: OmopTable): string[] => columnsOf(table).flatMap(([name, type]) => (type === 'DATE' ? [name] : []));

/** `record`: every record that the ingest took in or deleted, whatever rows it has. */
export type LakeTable = OmopTable | 'record';
export type TableFile = { table: LakeTable; rows: number; content: Buffer };

/** A person's first day that the staged rows tell, `YYYY-MM-DD`. */
export type FirstDay = { personId: number; date: string };

export type Curation = {
  /** files of staged rows, CSV and Parquet, all of one partition */
  staged: readonly string[];
  /** `record` files of earlier ingests, all of this partition */
  earlier: readonly string[];
  folder: string;
  /** By how many days each person's dates are moved; null: the source has no dates of patients, and its constant stays */
  shifts: ((firstDays: readonly FirstDay[]) => Promise<ReadonlyMap<number, number>>) | null;
  /** Safe Harbor: people are never older than this in the year of their last event; null: birth years stay */
  oldestYears: number | null;
  /** Without it only terms of the shipped vocabulary are kept */
  terms?: Terms;
};

export type Curated = { records: number; superseded: number; deleted: number; patients: number };

/**
 * Staged rows become de-identified Parquet, one file per table that has rows and one of the records: the CDM's columns in its order and
 * types, then `record_key`; sorted by the row's identifier, so that the same rows make the same bytes. A row said twice in the set is
 * kept once. A row that lacks a column that the CDM requires is a fault.
 */
export const curate = ({ staged, earlier, folder, shifts, oldestYears, terms = { words: knownWords() } }: Curation, use: (file: TableFile) => Promise<void>): Promise<Curated> =>
  withDuckDb(async (connection) => {
    const tables = await readStaged(connection, staged);
    await keyTerms(connection, tables, stagedTable, terms);
    if (shifts) await addPeriods(connection, tables);
    await shiftsTable(connection, tables, shifts);
    for (const table of tables) {
      const file = await writeTable(connection, table, tables, folder, oldestYears);
      if (file) await use(file);
    }
    await use(await writeRecords(connection, tables, folder));
    const known =
      earlier.length > 0 ? `SELECT DISTINCT record_key FROM read_parquet([${earlier.map(literal).join(', ')}]) WHERE NOT deleted` : 'SELECT NULL AS record_key WHERE false';
    const [counts] = await rowsOf(
      connection,
      `SELECT count(*) FILTER (NOT deleted AND source_location <> 'derived') AS records, count(*) FILTER (NOT deleted AND source_location <> 'derived' AND record_key IN (${known})) AS superseded, count(*) FILTER (deleted) AS deleted, count(DISTINCT person_id) AS patients FROM records`,
    );
    return { records: Number(counts!['records']), superseded: Number(counts!['superseded']), deleted: Number(counts!['deleted']), patients: Number(counts!['patients']) };
  }, folder);

/** Further staged tables; `deletion`: a record that is to be no more. */
const OTHERS = ['record', 'deletion'];

/**
 * A table `staged_<table>` for each table of the CDM that has rows, which are answered in the CDM's order, for the observation periods that may be
 * derived, for `record` and for `deletion`.
 */
const readStaged = async (connection: DuckDBConnection, staged: readonly string[]): Promise<OmopTable[]> => {
  const lines = new Map<string, string[]>();
  for (const path of staged) {
    const table = stagedTableOf(path);
    if (table) lines.set(table, [...(lines.get(table) ?? []), path]);
    else if (!path.endsWith('.parquet')) throw new Error(`${basename(path)} is no file of staged rows: was it staged by another release? Send the upload again`);
  }
  const parquet = await tablesIn(
    connection,
    staged.filter((path) => path.endsWith('.parquet')),
  );
  const tables = OMOP_TABLE_NAMES.filter((table) => table === 'observation_period' || lines.has(table) || parquet.has(table));
  for (const table of [...tables, ...OTHERS]) {
    const columns = stagedColumns(table);
    const names = columns.map(([name]) => literal(name));
    const parts = [
      `(SELECT ${columns.map(([name, type]) => `NULL::${type} AS "${name}"`).join(', ')} WHERE false)`,
      ...(lines.has(table) ? [`(FROM ${stagedRelation(lines.get(table)!, columns)})`] : []),
      ...(parquet.get(table) ?? []).map(
        (file) => `(SELECT COLUMNS(column_name -> column_name IN (${names.join(', ')})) FROM read_parquet(${literal(file)}) WHERE "table" = ${literal(table)})`,
      ),
    ];
    await connection.run(`CREATE TABLE ${stagedTable(table)} AS ${parts.join(' UNION ALL BY NAME ')}`);
  }
  return tables;
};

/** The files that have rows of each table. */
const tablesIn = async (connection: DuckDBConnection, paths: readonly string[]): Promise<Map<string, string[]>> => {
  const files = new Map<string, string[]>();
  for (const path of paths)
    for (const { table } of await rowsOf(connection, `SELECT DISTINCT "table" FROM read_parquet(${literal(path)})`))
      files.set(String(table), [...(files.get(String(table)) ?? []), path]);
  return files;
};

/** Observation period from EHR data: from a person's first event to the last (OHDSI/dbt-synthea at 75a1e12ae218). */
const PERIOD_TYPE = 32882;

/** What happened to people: the first and the last day of each row. */
const eventDays = (tables: readonly OmopTable[]): string =>
  tables
    .flatMap((table) => {
      const dates = eventDates(table).join(', ');
      return dates === '' ? [] : [`SELECT person_id, record_key, least(${dates}) AS first, greatest(${dates}) AS last FROM ${stagedTable(table)}`];
    })
    .join(' UNION ALL ');

/** Who comes without an observation period gets one of what is told of them. */
const addPeriods = async (connection: DuckDBConnection, tables: readonly OmopTable[]): Promise<void> => {
  await connection.run(
    `CREATE TABLE periods AS SELECT person_id, substr(sha256('period:' || person_id || ':' || min(record_key)), 1, 32) AS record_key, min(first) AS first, max(last) AS last
     FROM (${eventDays(tables)})
     WHERE person_id IS NOT NULL AND first IS NOT NULL AND person_id NOT IN (SELECT person_id FROM staged_observation_period) GROUP BY person_id`,
  );
  await connection.run(
    `INSERT INTO staged_observation_period BY NAME SELECT record_key, 'derived' AS source_location, person_id,
       ${rowIdSql('record_key', rowSalt('observation_period', 0))} AS observation_period_id,
       first AS observation_period_start_date, last AS observation_period_end_date, ${PERIOD_TYPE} AS period_type_concept_id FROM periods`,
  );
};

/** `shift(person_id, days)`: what is to be added to each person's dates. */
const shiftsTable = async (connection: DuckDBConnection, tables: readonly OmopTable[], shifts: Curation['shifts']): Promise<void> => {
  await connection.run('CREATE TABLE shift (person_id BIGINT, days INTEGER)');
  if (!shifts) return;
  const days = await rowsOf(
    connection,
    `SELECT person_id::VARCHAR AS person, min(first)::VARCHAR AS day FROM (${eventDays(tables)}) WHERE person_id IS NOT NULL AND first IS NOT NULL GROUP BY person_id ORDER BY person_id`,
  );
  if (days.length === 0) return;
  const moved = await shifts(days.map((row) => ({ personId: Number(row['person']), date: String(row['day']) })));
  const appender = await connection.createAppender('shift');
  for (const [personId, by] of moved) {
    appender.appendBigInt(BigInt(personId));
    appender.appendInteger(by);
    appender.endRow();
  }
  appender.closeSync();
};

/** A table's rows, de-identified. */
const selectRows = (table: OmopTable, tables: readonly OmopTable[], from: string, oldestYears: number | null): string => {
  const { id } = OMOP_TABLES[table];
  const hasPerson = columnsOf(table).some(([name]) => name === 'person_id');
  const columns = columnsOf(table).map(([name, type]) => {
    const real = `s."${name}"`;
    if (hasPerson && type === 'DATE') return `(${real} + coalesce(shift.days, 0)) AS "${name}"`;
    if (hasPerson && type === 'TIMESTAMP') return `(${real} + to_days(coalesce(shift.days, 0))) AS "${name}"`;
    if (table === 'person' && name === 'year_of_birth' && oldestYears !== null)
      return `CASE WHEN ${real} > 0 THEN greatest(${real}, coalesce(last_year.year - ${oldestYears}, ${real})) ELSE ${real} END::INTEGER AS "${name}"`;
    // a name may have another type in another table: quantity is a whole number of procedures and a decimal of drugs
    return `${real}::${type} AS "${name}"`;
  });
  const joins = `${hasPerson ? 'LEFT JOIN shift USING (person_id)' : ''} ${table === 'person' && oldestYears !== null ? `LEFT JOIN (${lastYears(tables)}) last_year USING (person_id)` : ''}`;
  return `SELECT ${columns.join(', ')}, s.record_key FROM ${from} s ${joins} ORDER BY s."${id}"`;
};

/** The first of the rows that have one identifier, by all that they say. */
const eachOnce = (table: OmopTable): string => {
  const { id } = OMOP_TABLES[table];
  const further = ['source_location', 'record_key', ...columnsOf(table).flatMap(([name]) => (name === id ? [] : [name]))].map((name) => `s."${name}"`);
  return `(SELECT s.* FROM ${stagedTable(table)} s QUALIFY row_number() OVER (PARTITION BY s."${id}" ORDER BY ${further.join(', ')}) = 1)`;
};

const lastYears = (tables: readonly OmopTable[]): string => {
  return `SELECT events.person_id, max(year(events.last + coalesce(shift.days, 0))) AS year FROM (${eventDays(tables)}) events LEFT JOIN shift USING (person_id) GROUP BY events.person_id`;
};

const writeTable = async (connection: DuckDBConnection, table: OmopTable, tables: readonly OmopTable[], folder: string, oldestYears: number | null): Promise<TableFile | null> => {
  const { id, required } = OMOP_TABLES[table];
  const counted = async (from: string): Promise<{ rows: number; ids: number; incomplete: number }> => {
    const incomplete = required.map((name) => `"${name}" IS NULL`).join(' OR ');
    const [counts] = await rowsOf(connection, `SELECT count(*) AS "rows", count(DISTINCT "${id}") AS ids, count(*) FILTER (${incomplete}) AS incomplete FROM ${from}`);
    return { rows: Number(counts!['rows']), ids: Number(counts!['ids']), incomplete: Number(counts!['incomplete']) };
  };
  const staged = await counted(stagedTable(table));
  if (staged.rows === 0) return null;
  const hasEachOnce = staged.rows === staged.ids;
  const from = hasEachOnce ? stagedTable(table) : eachOnce(table);
  const { rows, incomplete } = hasEachOnce ? staged : await counted(from);
  if (incomplete > 0) throw new Error(`${table} holds ${incomplete} rows without a value for one of ${required.join(', ')}`);
  return { table, rows, content: await parquetOf(connection, selectRows(table, tables, from, oldestYears), folder, table) };
};

/** Whose row it is says of a record whose it is; rows of `record` say it of those that have none, or none of a person. */
const writeRecords = async (connection: DuckDBConnection, tables: readonly OmopTable[], folder: string): Promise<TableFile> => {
  const personal = tables.filter((table) => 'person_id' in OMOP_TABLES[table].columns);
  const told = [
    'SELECT record_key, source_location, person_id, false AS deletion FROM staged_record',
    ...personal.map((table) => `SELECT record_key, source_location, person_id, false FROM ${stagedTable(table)} WHERE person_id IS NOT NULL`),
  ];
  await connection.run(
    `CREATE TABLE records AS SELECT record_key, max(person_id) AS person_id, min(source_location) AS source_location, bool_and(deletion) AS deleted
     FROM (${told.join(' UNION ALL ')} UNION ALL SELECT record_key, source_location, person_id, true FROM staged_deletion) GROUP BY record_key ORDER BY record_key`,
  );
  const [counts] = await rowsOf(connection, 'SELECT count(*) AS "rows" FROM records');
  return { table: 'record', rows: Number(counts!['rows']), content: await parquetOf(connection, 'FROM records', folder, 'record') };
};

const parquetOf = async (connection: DuckDBConnection, from: string, folder: string, name: string): Promise<Buffer> => {
  const path = join(folder, `${name}.parquet`);
  await connection.run(`COPY (${from}) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`);
  return readFile(path);
};
