import { availableParallelism } from 'node:os';
import type { DuckDBConnection } from '@duckdb/node-api';
import { type LineCounts, count, lineEntry, notLines } from '../domain/lake/formats/fhir/entries.ts';
import { standingOf } from '../domain/lake/formats/fhir/form-plan.ts';
import type { FhirSourceMap } from '../domain/lake/formats/fhir/map.ts';
import { unitsOf } from '../domain/lake/formats/fhir/read.ts';
import { ReferenceIndex, Seen } from '../domain/lake/formats/fhir/references.ts';
import { isEnteredInError } from '../domain/lake/formats/fhir/resources.ts';
import { Identifier } from '../domain/lake/identify.ts';
import type { OmopTable } from '../domain/lake/omop-tables.ts';
import type { Reader, SetFile } from '../domain/lake/reading.ts';
import type { FileReading, StagedSet } from '../domain/lake/staged-set.ts';
import { withDuckDb } from './duckdb.ts';
import { type LineFile, PLAIN, readLineFiles, textsOf } from './fhir-lines.ts';
import { type BulkReading, bulkReadings, makeRecords, planForms, writeStaged } from './fhir-rows.ts';
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
    return await withDuckDb((connection, beside) => stageLines(connection, beside, files, map, staging), staging.folder, availableParallelism());
  } catch (error) {
    // our own mistakes are faults; the engine's words may quote a patient's line, and the set can be read without it
    if (error instanceof TypeError || error instanceof ReferenceError) throw error;
    return null;
  }
};

const stageLines = async (
  connection: DuckDBConnection,
  beside: () => Promise<DuckDBConnection>,
  files: readonly SetFile[],
  map: FhirSourceMap,
  staging: Staging,
): Promise<StagedSet> => {
  const { secret, namespace, folder } = staging;
  await createIdentifyMacros(connection, secret, namespace);
  const lineFiles = await readLineFiles(connection, files, folder);
  await findDuplicates(connection);
  const index = await indexOf(connection, lineFiles, map);
  const identifier = new Identifier(secret, namespace);
  await resolveReferences(connection, index, identifier);
  const tables = await planForms(connection, index, namespace, folder);
  await makeRecords(connection, lineFiles, staging.partitions);
  const readings = await bulkReadings(connection, tables);
  // the engine writes while lines are read one by one
  const writing = writeStaged(await beside(), tables, staging);
  const reading = stageUnits(carefulReader(connection, lineFiles, index, readings), files, map, staging, identifier);
  // the engine is closed after both have ended, whichever fails
  await Promise.allSettled([writing, reading]);
  const [bulk, careful] = [await writing, await reading];
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

/** The lines that no plan covers, one by one. */
const carefulReader = (connection: DuckDBConnection, files: readonly LineFile[], index: ReferenceIndex, bulk: ReadonlyMap<number, BulkReading>): Reader<FhirSourceMap> => {
  const seen = new Seen();
  return async function* (chosen) {
    for (const { index: file } of chosen) {
      const lineFile = files.find((one) => one.file.index === file)!;
      const { first, lines } = lineFile;
      const admitted = bulk.get(file)?.admitted ?? 0;
      const counts: LineCounts = { lines: admitted, readable: admitted, outcomes: 0 };
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
