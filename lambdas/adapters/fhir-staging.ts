import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Refused } from '../domain/lake/formats/fhir/bundle-entries.ts';
import { REFERRED } from '../domain/lake/formats/fhir/elements.ts';
import type { FhirSourceMap } from '../domain/lake/formats/fhir/map.ts';
import { RESOURCE_TYPES } from '../domain/lake/formats/fhir/resource-types.ts';
import { type Scanned, eventsOfType, kindsOfType, recordsOfType, rowsOfType } from '../domain/lake/formats/fhir/rows-sql.ts';
import type { OmopTable } from '../domain/lake/omop-tables.ts';
import type { SetFile } from '../domain/lake/reading.ts';
import type { FileReading, StagedSet } from '../domain/lake/staged-set.ts';
import { shippedCodes } from '../domain/lake/vocabulary/concept-of.ts';
import { literal, withDuckDb } from './duckdb.ts';
import { byPart, createVerdicts, exceptions, findDuplicates, findSuspects, judgeDoubtful, writeQuarantine } from './fhir-judge.ts';
import { type FhirLines, linesOf } from './fhir-lines.ts';
import { type Part, type Scan, scanFiles } from './fhir-scan.ts';
import { followReferences, nameTargets, readTexts } from './fhir-texts.ts';
import { createIdentifyMacros } from './identify-sql.ts';
import { GrowingFile } from './scratch.ts';

/** Cores of the machine that stages: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html, two from 1.8 GB. */
const THREADS = 2;

const rowsOf = async (connection: DuckDBConnection, sql: string): Promise<Record<string, unknown>[]> => (await connection.runAndReadAll(sql)).getRowObjects();

/**
 * Stages FHIR resources by the columnar engine: each file is scanned once into a table, with a doubt on each row that may break a rule;
 * what many rows have in common is read once; doubtful rows get a closer look; what stands makes rows of the CDM, one staged file per
 * partition.
 */
export const stageFhir = (files: readonly SetFile[], map: FhirSourceMap, secret: Uint8Array, folder: string, partitions: number): Promise<StagedSet> =>
  withDuckDb(async (connection) => {
    await connection.run(`SET threads = ${THREADS}`);
    await createIdentifyMacros(connection, secret, map.namespace);
    await createMacros(connection);
    const refused = new Map<number, Refused>();
    const readable: FhirLines[] = [];
    for (const file of files) {
      const lines = await linesOf(file, map.format, folder);
      if ('refused' in lines) refused.set(file.index, lines.refused);
      else readable.push(lines);
    }
    const { scans, refused: unread } = await scanFiles(connection, readable, folder);
    for (const [file, why] of unread) refused.set(file, why);
    const staged = scans.length > 0 ? await stageScans(connection, scans, map, folder, partitions) : [];
    const quarantine = join(folder, 'quarantine.ndjson');
    const left = new GrowingFile(quarantine);
    const parts = scans.flatMap((scan) => scan.parts).sort((a, b) => a.lines.file - b.lines.file);
    const tallies = new Map<number, FileReading>();
    for (const part of parts) tallies.set(part.lines.file, (await writeQuarantine(connection, part, left)).reading());
    await left.close();
    const readings = await counted(connection, parts, tallies, staged);
    return {
      files: files.map(({ index }) => readings.get(index) ?? nothingOf(index, refused.get(index)!)),
      partitions: staged,
      quarantine,
      sites: await sitesOf(connection, staged),
    };
  }, folder);

/** Moments are JSON texts, in their quotes: the first day of a partial one, the clock's time without its zone. */
const createMacros = async (connection: DuckDBConnection): Promise<void> => {
  const units = shippedCodes().filter(({ vocabulary }) => vocabulary === 'UCUM');
  const macros = [
    `day_of(moment) AS TRY_CAST(CASE length(moment) WHEN 6 THEN moment[2:5] || '-01-01' WHEN 9 THEN moment[2:8] || '-01' ELSE moment[2:11] END AS DATE)`,
    `time_of(moment) AS CASE WHEN length(moment) > 12 THEN TRY_CAST(moment[2:20] AS TIMESTAMP) END`,
    `nth_row_id(table_name, record_key, n) AS (('0x' || substr(sha256(table_name || ':' || record_key || ':' || n), 1, 16))::UBIGINT >> 1)::BIGINT`,
    // a unit's code; its words only where they are a code as well
    `unit_of(code, unit) AS CASE WHEN code IS NOT NULL THEN code[2:-2][1:50] WHEN unit[2:-2] IN (${units.map(({ code }) => literal(code)).join(', ')}) THEN unit[2:-2] END`,
  ];
  for (const macro of macros) await connection.run(`CREATE TEMP MACRO ${macro}`);
  await connection.run(
    `CREATE TABLE units AS SELECT * FROM (VALUES ${units.map(({ code, concept }) => `(${literal(code)}, ${concept.conceptId})`).join(', ')}) t(code, concept_id)`,
  );
};

const stageScans = async (connection: DuckDBConnection, scans: readonly Scan[], map: FhirSourceMap, folder: string, partitions: number): Promise<StagedSet['partitions']> => {
  await createVerdicts(connection);
  await readTexts(connection, scans, map);
  await nameTargets(connection, scans, REFERRED, map);
  await followReferences(connection, scans, REFERRED, map);
  const suspects = await findSuspects(connection);
  for (const scan of scans) await judgeDoubtful(connection, scan, suspects, map.subject !== 'id');
  await findDuplicates(connection, scans);
  const standing: { type: string; isRead: boolean; rows: Scanned; records: Scanned }[] = [];
  for (const scan of scans) {
    const start = byPart(scan, (part) => part.start);
    const place = scan.parts[0]!.lines.place;
    const shared = { table: scan.table, file: byPart(scan, ({ lines }) => lines.file), location: (part: string, row: string) => `'${place} ' || (${row} - ${start(part)} + 1)` };
    const rows = { ...shared, only: await exceptions(connection, ['left_out', 'deleted', 'shadowed'], scan) };
    const records = { ...shared, only: await exceptions(connection, ['left_out', 'deleted'], scan) };
    for (const type of scan.types) if (RESOURCE_TYPES.has(type)) standing.push({ type, isRead: scan.read.includes(type), rows, records });
  }
  const read = standing.filter(({ isRead }) => isRead);
  const kinds = read.flatMap(({ type, rows }) => kindsOfType(type, rows) ?? []);
  await connection.run(`CREATE TABLE kinds AS ${[...kinds, 'SELECT NULL::VARCHAR AS record, NULL::VARCHAR AS code WHERE false'].join(' UNION ALL ')}`);
  const events = read.flatMap(({ type, rows }) => eventsOfType(type, rows) ?? []);
  await connection.run(
    `CREATE TABLE lives AS SELECT person_id, min(first) AS first, max(last) AS last FROM (${[...events, 'SELECT NULL::BIGINT AS person_id, NULL::VARCHAR AS first, NULL::VARCHAR AS last WHERE false'].join(' UNION ALL ')}) GROUP BY person_id`,
  );
  const selects = [...read.flatMap(({ type, rows }) => rowsOfType(type, rows)), ...standing.map(({ type, records }) => recordsOfType(type, records))];
  const shape = 'SELECT NULL::INTEGER AS file, NULL::BIGINT AS person_id, NULL::BIGINT AS care_site_id WHERE false';
  // a patient's rows lie in the patient's partition
  const home = `coalesce(person_id, care_site_id, ('0x' || substr(record_key, 1, 12))::UBIGINT::BIGINT) % ${partitions}`;
  const deletions = `SELECT d.file, 'deletion' AS "table", record_key_of(d.record) AS record_key, '${map.format === 'fhir' ? 'entry' : 'line'} ' || (d."row" + 1) AS source_location, p.range::INTEGER AS partition
    FROM deleted d, range(${partitions}) p`;
  return write(
    connection,
    `SELECT *, (${home})::INTEGER AS partition FROM (${[shape, ...selects].join(' UNION ALL BY NAME ')}) UNION ALL BY NAME ${deletions}`,
    folder,
    partitions,
  );
};

const write = async (connection: DuckDBConnection, everything: string, folder: string, partitions: number): Promise<StagedSet['partitions']> => {
  const into = join(folder, 'staged');
  await rm(into, { recursive: true, force: true });
  // read once, by the next step: the cheapest compression
  await connection.run(`COPY (${everything}) TO ${literal(into)} (FORMAT parquet, COMPRESSION snappy, PARTITION_BY (partition))`);
  const staged: StagedSet['partitions'] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const from = join(into, `partition=${partition}`);
    const names = (await readdir(from).catch(() => [])).sort();
    for (const [part, name] of names.entries()) {
      const path = join(folder, `staged-${partition}${part === 0 ? '' : `-${part}`}.parquet`);
      await rename(join(from, name), path);
      staged.push({ partition, path });
    }
  }
  return staged;
};

const parquet = (staged: StagedSet['partitions']): string => `read_parquet([${staged.map(({ path }) => literal(path)).join(', ')}], union_by_name = true)`;

/** Adds what was admitted, and the rows of each table. */
const counted = async (
  connection: DuckDBConnection,
  parts: readonly Part[],
  tallies: ReadonlyMap<number, FileReading>,
  staged: StagedSet['partitions'],
): Promise<ReadonlyMap<number, FileReading>> => {
  const made =
    staged.length > 0
      ? await rowsOf(connection, `SELECT file, "table", count(*)::DOUBLE AS "rows" FROM ${parquet(staged)} WHERE "table" NOT IN ('record', 'deletion') GROUP BY ALL ORDER BY ALL`)
      : [];
  return new Map(
    parts.map(({ lines, rows }) => {
      const tally = tallies.get(lines.file)!;
      const own = made.filter((row) => Number(row['file']) === lines.file).map((row) => [row['table'] as OmopTable, Number(row['rows'])] as const);
      return [lines.file, { ...tally, read: rows, admitted: rows - tally.quarantinedRecords - tally.deleted, rows: Object.fromEntries(own) }];
    }),
  );
};

const nothingOf = (file: number, refused: Refused): FileReading => ({
  file,
  read: 0,
  admitted: 0,
  deleted: 0,
  quarantinedRecords: 0,
  quarantined: [],
  reasons: [],
  rows: {},
  refused,
});

const sitesOf = async (connection: DuckDBConnection, staged: StagedSet['partitions']): Promise<string[]> => {
  if (staged.length === 0) return [];
  const columns = await rowsOf(connection, `SELECT 1 FROM (DESCRIBE SELECT * FROM ${parquet(staged)}) WHERE column_name = 'care_site_source_value'`);
  if (columns.length === 0) return [];
  const sites = await rowsOf(connection, `SELECT DISTINCT care_site_source_value AS site FROM ${parquet(staged)} WHERE "table" = 'care_site'`);
  return sites.map(({ site }) => String(site)).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
};
