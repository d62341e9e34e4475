import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { type PlannedRow, type Standing, planOf } from '../domain/lake/formats/fhir/form-plan.ts';
import { MOMENTS, formOf } from '../domain/lake/formats/fhir/line-parts.ts';
import type { ReferenceIndex } from '../domain/lake/formats/fhir/references.ts';
import { idColumnOf } from '../domain/lake/identify.ts';
import { OMOP_TABLES, type OmopTable } from '../domain/lake/omop-tables.ts';
import { rowIdSql, rowSalt } from '../domain/lake/row-id.ts';
import type { FileReading, StagedSet } from '../domain/lake/staged-set.ts';
import { literal, rowsOf } from './duckdb.ts';
import { type LineFile, PLAIN } from './fhir-lines.ts';
import type { Staging } from './unit-staging.ts';

const STANDINGS = `coalesce(subjects.standing, 'unsaid') AS subject_standing, coalesce(visits.standing, 'unsaid') AS visit_standing`;
const REFERENCES = 'LEFT JOIN subjects ON subjects.said = lines.subject LEFT JOIN visits ON visits.said = lines.visit';

/** The type of a planned column: where a moment is, its part; a number may be the same in all, or the n-th. */
const plannedType = (type: string): string => (type === 'DATE' || type === 'TIMESTAMP' ? 'VARCHAR' : type);
const PLACE = ' place';

/**
 * `plans(plan, form, subject_standing, visit_standing, has_rows)` of the forms whose resources are alike, and for each OMOP table `planned_<table>`, its
 * rows by plan. Answers the columns that are filled, by table.
 */
export const planForms = async (connection: DuckDBConnection, index: ReferenceIndex, namespace: string, folder: string): Promise<Map<OmopTable, Set<string>>> => {
  await connection.run('CREATE TABLE plans (plan INTEGER, form VARCHAR, subject_standing VARCHAR, visit_standing VARCHAR, has_rows BOOLEAN)');
  const forms = await connection.runAndReadAll(`SELECT DISTINCT form, ${STANDINGS} FROM lines ${REFERENCES} WHERE ${PLAIN}`);
  const appender = await connection.createAppender('plans');
  const planned = new Map<OmopTable, { columns: Set<string>; rows: string[] }>();
  for (const [plan, [form, subject, visit]] of (forms.getRows() as [string, Standing, Standing][]).entries()) {
    const rows = planOf(formOf(form), subject, visit, index, namespace);
    if (rows === null) continue;
    appender.appendInteger(plan);
    for (const text of [form, subject, visit]) appender.appendVarchar(text);
    appender.appendBoolean(rows.length > 0);
    appender.endRow();
    for (const row of rows) {
      const table = planned.get(row.table) ?? { columns: new Set<string>(), rows: [] };
      planned.set(row.table, table);
      for (const column of Object.keys(row.cells)) table.columns.add(column);
      table.rows.push(JSON.stringify(plannedRow(plan, row)));
    }
  }
  appender.closeSync();
  for (const [table, { rows }] of planned) {
    const path = join(folder, `planned-${table}.ndjson`);
    await writeFile(path, rows.join('\n'));
    const columns = Object.entries(OMOP_TABLES[table].columns).flatMap(([name, type]) => [
      `${literal(name)}: ${literal(plannedType(type))}`,
      ...(type === 'DOUBLE' || type === 'VARCHAR' ? [`${literal(name + PLACE)}: 'INTEGER'`] : []),
    ]);
    const own = `'plan': 'INTEGER', 'salt': 'UBIGINT', 'has_visit': 'BOOLEAN'`;
    await connection.run(`CREATE TABLE planned_${table} AS FROM read_json(${literal(path)}, format = 'newline_delimited', columns = {${own}, ${columns.join(', ')}})`);
    await rm(path);
  }
  return new Map([...planned].map(([table, { columns }]) => [table, columns]));
};

const plannedRow = (plan: number, { table, ordinal, hasVisit, careSiteId, cells }: PlannedRow): Record<string, unknown> => ({
  plan,
  salt: String(rowSalt(table, ordinal)),
  has_visit: hasVisit,
  care_site_id: careSiteId,
  ...Object.fromEntries(
    Object.entries(cells).map(([column, cell]) => ('constant' in cell ? [column, cell.constant] : 'moment' in cell ? [column, cell.moment] : [column + PLACE, cell.number + 1])),
  ),
});

/** `records`: every line that has a plan, with its keys and what its rows take from it. */
export const makeRecords = async (connection: DuckDBConnection, files: readonly LineFile[], partitions: number): Promise<void> => {
  const firsts = files.map(({ file, first }) => `(${file.index}, ${first})`).join(', ');
  const moments = MOMENTS.flatMap((part) => [`${part}_day`, `${part}_time`]).join(', ');
  await connection.run(
    `CREATE TABLE records AS SELECT *, (CASE WHEN person_id IS NOT NULL THEN person_id::UBIGINT ELSE ('0x' || substr(record_key, 1, 12))::UBIGINT END % ${partitions})::INTEGER AS partition FROM (
       SELECT lines.rowid AS place, lines.file, lines.rowid - files.first + 1 AS line, plan, CASE WHEN has_rows THEN subjects.id END AS person_id, visits.id AS visit_id,
         record_key_of(type || '/' || lines.id) AS record_key, ${moments}, numbers
       FROM lines ${REFERENCES} JOIN plans ON plans.form = lines.form AND plans.subject_standing = coalesce(subjects.standing, 'unsaid') AND plans.visit_standing = coalesce(visits.standing, 'unsaid')
         JOIN (VALUES ${firsts}) files(file, first) ON files.file = lines.file
       WHERE ${PLAIN})`,
  );
};

/** A column of a table's rows; `r` is the record, `p` the planned row. */
const cellSql = (table: OmopTable, column: string, type: string): string => {
  const planned = `p."${column}"`;
  if (column === idColumnOf(table)) return rowIdSql('r.record_key', 'p.salt');
  if (column === 'person_id') return 'r.person_id';
  if (column === 'visit_occurrence_id') return 'CASE WHEN p.has_visit THEN r.visit_id END';
  if (type === 'DATE' || type === 'TIMESTAMP') return `CASE ${planned} ${MOMENTS.map((part) => `WHEN '${part}' THEN r.${part}_${type === 'DATE' ? 'day' : 'time'}`).join(' ')} END`;
  if (type !== 'DOUBLE' && type !== 'VARCHAR') return planned;
  const own = `r.numbers[p."${column}${PLACE}"]`;
  // the engine writes 5.0 where JavaScript, and so a row that is read alone, has 5
  return `coalesce(${planned}, ${type === 'DOUBLE' ? `${own}::DOUBLE` : `regexp_replace(${own}, '\\.0$', '')`})`;
};

const ALWAYS = ['person_id', 'visit_occurrence_id', 'care_site_id'];

/** A file for each table of a partition: one file of all would have every column in every row. */
export const writeStaged = async (
  connection: DuckDBConnection,
  tables: ReadonlyMap<OmopTable, ReadonlySet<string>>,
  { folder, partitions }: Staging,
): Promise<StagedSet['partitions']> => {
  const staged: StagedSet['partitions'] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const write = async (table: string, columns: readonly string[], joined: string, condition = ''): Promise<void> => {
      const path = join(folder, `staged-${partition}-${table}.parquet`);
      const written = await connection.run(
        `COPY (SELECT '${table}' AS "table", r.record_key, 'line ' || r.line AS source_location, ${columns.join(', ')} FROM records r ${joined} WHERE r.partition = ${partition} ${condition})
         TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`,
      );
      if (written.rowsChanged > 0) staged.push({ partition, path });
      else await rm(path, { force: true });
    };
    for (const [table, filled] of tables) {
      const columns = Object.entries(OMOP_TABLES[table].columns).filter(([name]) => filled.has(name) || name === idColumnOf(table) || ALWAYS.includes(name));
      const cells = columns.map(([name, type]) => `${cellSql(table, name, type)} AS "${name}"`);
      await write(table, cells, `JOIN planned_${table} p ON p.plan = r.plan`);
    }
    // of the others a row says whose they are
    await write('record', ['r.person_id'], '', 'AND r.person_id IS NULL');
  }
  return staged;
};

export type BulkReading = { admitted: number; rows: FileReading['rows'] };

/** What came of each file's lines that have a plan. */
export const bulkReadings = async (connection: DuckDBConnection, tables: ReadonlyMap<OmopTable, unknown>): Promise<Map<number, BulkReading>> => {
  const readings = new Map<number, BulkReading>();
  for (const { file, admitted } of await rowsOf(connection, 'SELECT file, count(*) AS admitted FROM records GROUP BY file'))
    readings.set(Number(file), { admitted: Number(admitted), rows: {} });
  for (const table of tables.keys())
    for (const { file, made } of await rowsOf(connection, `SELECT file, count(*) AS made FROM records r JOIN planned_${table} p ON p.plan = r.plan GROUP BY file`))
      readings.get(Number(file))!.rows[table] = Number(made);
  return readings;
};
