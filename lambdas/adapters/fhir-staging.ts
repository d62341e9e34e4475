import { rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { type LineCounts, count, lineEntry, notLines } from '../domain/lake/formats/fhir/entries.ts';
import { type PlannedRow, type Standing, planOf, standingOf } from '../domain/lake/formats/fhir/form-plan.ts';
import { MOMENTS, formOf } from '../domain/lake/formats/fhir/line-parts.ts';
import type { FhirSourceMap } from '../domain/lake/formats/fhir/map.ts';
import { unitsOf } from '../domain/lake/formats/fhir/read.ts';
import { ReferenceIndex, Seen } from '../domain/lake/formats/fhir/references.ts';
import { isEnteredInError } from '../domain/lake/formats/fhir/resources.ts';
import { Identifier, idColumnOf } from '../domain/lake/identify.ts';
import { OMOP_TABLES, type OmopTable } from '../domain/lake/omop-tables.ts';
import type { Reader, SetFile } from '../domain/lake/reading.ts';
import type { FileReading, StagedSet } from '../domain/lake/staged-set.ts';
import { literal, rowsOf, withDuckDb } from './duckdb.ts';
import { type LineFile, readLineFiles, textsOf } from './fhir-lines.ts';
import { createIdentifyMacros } from './identify-sql.ts';
import { type Staging, stageUnits } from './unit-staging.ts';

/**
 * Bulk Data in bulk. The columnar engine parses all lines and takes them apart; what the resources of one form become is decided once, by the
 * makers that read resources one by one (form-plan.ts); the engine makes the rows of all of them. Lines that need a closer look are read one
 * by one: those that others refer to, and all that something may speak against. What comes of it is what comes of reading all one by one.
 * Null: the set cannot be read so.
 */
export const stageFhirLines = async (files: readonly SetFile[], map: FhirSourceMap, staging: Staging): Promise<StagedSet | null> => {
  try {
    return await withDuckDb((connection) => stageLines(connection, files, map, staging), staging.folder, availableParallelism());
  } catch (error) {
    // our own mistakes are faults; the engine's words may quote a patient's line, and the set can be read without it
    if (error instanceof TypeError || error instanceof ReferenceError) throw error;
    return null;
  }
};

const stageLines = async (connection: DuckDBConnection, files: readonly SetFile[], map: FhirSourceMap, staging: Staging): Promise<StagedSet> => {
  const { secret, namespace, folder } = staging;
  await createIdentifyMacros(connection, secret, namespace);
  const lineFiles = await readLineFiles(connection, files, folder);
  await findDuplicates(connection);
  const index = await indexOf(connection, lineFiles, map);
  const identifier = new Identifier(secret, namespace);
  await resolveReferences(connection, index, identifier);
  const tables = await planForms(connection, index, namespace, folder);
  await makeRecords(connection, lineFiles, staging.partitions);
  const careful = await stageUnits(carefulReader(connection, lineFiles, index), files, map, staging, identifier);
  const bulk = await writeStaged(connection, tables, staging);
  const readings = await bulkReadings(connection, tables);
  return { ...careful, files: careful.files.map((reading) => together(reading, readings.get(reading.file))), partitions: [...careful.partitions, ...bulk] };
};

/** Streams one query's rows. */
async function* streamed(connection: DuckDBConnection, sql: string): AsyncGenerator<unknown[]> {
  const result = await connection.stream(sql);
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) yield* chunk.getRows();
}

/** A record that is said twice is told from its first line: all of its lines are read in their order. */
const findDuplicates = async (connection: DuckDBConnection): Promise<void> => {
  await connection.run(
    `INSERT INTO closer SELECT l.rowid FROM lines l JOIN (SELECT type, id FROM lines WHERE type <> '' AND id <> '' GROUP BY ALL HAVING count(*) > 1) twice ON twice.type = l.type AND twice.id = l.id`,
  );
};

/** Lines whose parts tell all. */
const PLAIN = 'plain AND lines.rowid NOT IN (FROM closer)';

async function* textsBy(files: readonly LineFile[], places: AsyncIterable<number>): AsyncGenerator<{ file: LineFile; place: number; text: string | null }> {
  const byFile = files.map((): number[] => []);
  let at = 0;
  for await (const place of places) {
    while (place >= files[at]!.first + files[at]!.lines) at += 1;
    byFile[at]!.push(place - files[at]!.first);
  }
  for (const [position, file] of files.entries()) for (const { place, text } of textsOf(file, byFile[position]!)) yield { file, place, text };
}

async function* placesOf(connection: DuckDBConnection, sql: string): AsyncGenerator<number> {
  for await (const [place] of streamed(connection, sql)) yield Number(place);
}

/** What the set holds for references to lead to. */
const indexOf = async (connection: DuckDBConnection, files: readonly LineFile[], map: FhirSourceMap): Promise<ReferenceIndex> => {
  const index = new ReferenceIndex(map);
  for await (const { text, place } of textsBy(files, placesOf(connection, `SELECT rowid FROM lines WHERE NOT (${PLAIN}) ORDER BY rowid`))) {
    if (text === null || !ReferenceIndex.wants(text)) continue;
    const entry = lineEntry(text, place);
    if (entry && 'resource' in entry && !isEnteredInError(entry.resource)) index.add(entry.resource, null);
  }
  for await (const [id] of streamed(connection, `SELECT id FROM lines WHERE type = 'Encounter' AND ${PLAIN}`)) index.addNamed('Encounter', String(id));
  return index;
};

/** `subjects(said, standing, id)` and `visits(said, standing, id)`: each reference that is said, and the person or visit that it leads to. */
const resolveReferences = async (connection: DuckDBConnection, index: ReferenceIndex, identifier: Identifier): Promise<void> => {
  const idOf = {
    Patient: (key: string) => BigInt(identifier.person(key).personId),
    Encounter: (id: string) => BigInt(identifier.visitId(`Encounter/${id}`)),
  };
  for (const [column, type] of [['subject', 'Patient'] as const, ['visit', 'Encounter'] as const]) {
    await connection.run(`CREATE TABLE ${column}s (said VARCHAR, standing VARCHAR, id BIGINT)`);
    const said = await connection.runAndReadAll(`SELECT DISTINCT ${column} FROM lines WHERE ${column} IS NOT NULL AND ${PLAIN}`);
    const appender = await connection.createAppender(`${column}s`);
    for (const [json] of said.getRows()) {
      const { standing, id } = standingOf(String(json), type, index);
      appender.appendVarchar(String(json));
      appender.appendVarchar(standing);
      if (id === null) appender.appendNull();
      else appender.appendBigInt(idOf[type](id));
      appender.endRow();
    }
    appender.closeSync();
  }
};

const STANDINGS = `coalesce(subjects.standing, 'unsaid') AS subject_standing, coalesce(visits.standing, 'unsaid') AS visit_standing`;
const REFERENCES = 'LEFT JOIN subjects ON subjects.said = lines.subject LEFT JOIN visits ON visits.said = lines.visit';

/** The type of a planned column: where a moment is, its part; a number may be the same in all, or the n-th. */
const plannedType = (type: string): string => (type === 'DATE' || type === 'TIMESTAMP' ? 'VARCHAR' : type);
const PLACE = ' place';

/**
 * `plans(plan, form, subject_standing, visit_standing, has_rows)` of the forms whose resources are alike, and for each OMOP table `planned_<table>`, its
 * rows by plan. Answers the columns that are filled, by table.
 */
const planForms = async (connection: DuckDBConnection, index: ReferenceIndex, namespace: string, folder: string): Promise<Map<OmopTable, Set<string>>> => {
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
    const own = `'plan': 'INTEGER', 'ordinal': 'INTEGER', 'has_visit': 'BOOLEAN'`;
    await connection.run(`CREATE TABLE planned_${table} AS FROM read_json(${literal(path)}, format = 'newline_delimited', columns = {${own}, ${columns.join(', ')}})`);
    await rm(path);
  }
  return new Map([...planned].map(([table, { columns }]) => [table, columns]));
};

const plannedRow = (plan: number, { ordinal, hasVisit, careSiteId, cells }: PlannedRow): Record<string, unknown> => ({
  plan,
  ordinal,
  has_visit: hasVisit,
  care_site_id: careSiteId,
  ...Object.fromEntries(
    Object.entries(cells).map(([column, cell]) => ('constant' in cell ? [column, cell.constant] : 'moment' in cell ? [column, cell.moment] : [column + PLACE, cell.number + 1])),
  ),
});

/** `records`: every line that has a plan, with its keys and what its rows take from it. */
const makeRecords = async (connection: DuckDBConnection, files: readonly LineFile[], partitions: number): Promise<void> => {
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

/** The lines that no plan covers, one by one. */
const carefulReader = (connection: DuckDBConnection, files: readonly LineFile[], index: ReferenceIndex): Reader<FhirSourceMap> => {
  const seen = new Seen();
  return async function* (chosen) {
    for (const { index: file } of chosen) {
      const lineFile = files.find((one) => one.file.index === file)!;
      const { first, lines } = lineFile;
      const [bulk] = await rowsOf(connection, `SELECT count(*) AS count FROM records WHERE file = ${file}`);
      const counts: LineCounts = { lines: Number(bulk!['count']), readable: Number(bulk!['count']), outcomes: 0 };
      const places = `SELECT lines.rowid FROM lines ANTI JOIN records ON records.place = lines.rowid WHERE lines.rowid >= ${first} AND lines.rowid < ${first + lines} ORDER BY lines.rowid`;
      for await (const { place, text } of textsBy([lineFile], placesOf(connection, places))) {
        const entry = lineEntry(text, place + 1);
        if (!entry) continue;
        count(counts, entry);
        for (const unit of unitsOf(entry, index, seen)) yield { file, ...unit };
      }
      const problem = notLines(counts);
      if (problem) yield { file, ...problem };
    }
  };
};

/** A column of a table's rows; `r` is the record, `p` the planned row. */
const cellSql = (table: OmopTable, column: string, type: string): string => {
  const planned = `p."${column}"`;
  if (column === idColumnOf(table)) return `row_id_of('${table}', r.record_key, p.ordinal)`;
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
const writeStaged = async (
  connection: DuckDBConnection,
  tables: ReadonlyMap<OmopTable, ReadonlySet<string>>,
  { folder, partitions }: Staging,
): Promise<StagedSet['partitions']> => {
  const staged: StagedSet['partitions'] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const write = async (table: string, columns: readonly string[], joined: string): Promise<void> => {
      const path = join(folder, `staged-${partition}-${table}.parquet`);
      const written = await connection.run(
        `COPY (SELECT '${table}' AS "table", r.record_key, 'line ' || r.line AS source_location, ${columns.join(', ')} FROM records r ${joined} WHERE r.partition = ${partition})
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
    await write('record', ['r.person_id'], '');
  }
  return staged;
};

type BulkReading = { admitted: number; rows: FileReading['rows'] };

/** What came of each file's lines that have a plan. */
const bulkReadings = async (connection: DuckDBConnection, tables: ReadonlyMap<OmopTable, unknown>): Promise<Map<number, BulkReading>> => {
  const readings = new Map<number, BulkReading>();
  for (const { file, admitted } of await rowsOf(connection, 'SELECT file, count(*) AS admitted FROM records GROUP BY file'))
    readings.set(Number(file), { admitted: Number(admitted), rows: {} });
  for (const table of tables.keys())
    for (const { file, made } of await rowsOf(connection, `SELECT file, count(*) AS made FROM records r JOIN planned_${table} p ON p.plan = r.plan GROUP BY file`))
      readings.get(Number(file))!.rows[table] = Number(made);
  return readings;
};

const together = (reading: FileReading, bulk: BulkReading | undefined): FileReading => {
  if (!bulk) return reading;
  const rows = { ...reading.rows };
  for (const [table, made] of Object.entries(bulk.rows) as [OmopTable, number][]) rows[table] = (rows[table] ?? 0) + made;
  return {
    ...reading,
    read: reading.read + bulk.admitted,
    admitted: reading.admitted + bulk.admitted,
    rows: Object.fromEntries(Object.entries(rows).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
};
