import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Reason } from '../../config/catalog/quarantine-reasons.ts';
import { shippedCodes } from '../domain/lake/vocabulary/concept-of.ts';
import { cellsSql, checkSql, keySql, sourceValueColumns } from '../domain/lake/formats/omop/check-sql.ts';
import { keyColumn, namedKey } from '../domain/lake/formats/omop/column-rules.ts';
import type { OmopMap } from '../domain/lake/formats/omop/map.ts';
import { allowedWords, isCode } from '../domain/lake/formats/omop/source-value.ts';
import { idSql, keyedSql, stagedSql } from '../domain/lake/formats/omop/stage-sql.ts';
import { OMOP_TABLES, type OmopTable } from '../domain/lake/omop-tables.ts';
import type { SetFile } from '../domain/lake/reading.ts';
import type { StagedSet } from '../domain/lake/staged-set.ts';
import { literal, rowsOf, withDuckDb } from './duckdb.ts';
import { createIdentifyMacros } from './identify-sql.ts';
import { resolveFacts } from './omop-facts.ts';
import { type CdmFile, openCdmFile, wrongVersion } from './omop-files.ts';
import { FileOutcome, joinQuarantine } from './omop-outcome.ts';

/** A file whose rows lie typed in Parquet, each with its findings. */
export type Checked = { file: number; table: OmopTable; path: string; cells: string };

/** Tables that others refer to. */
const REFERRED = ['person', 'visit_occurrence', 'visit_detail', 'care_site', 'provider', 'location'] as const satisfies readonly OmopTable[];

/**
 * Stages a CDM's files by the columnar engine: each file is typed and checked once into Parquet, references and duplicates are found over
 * the set, what is admitted is written as one staged file per partition.
 */
export const stageOmop = async (files: readonly SetFile[], map: OmopMap, secret: Uint8Array, folder: string, partitions: number): Promise<StagedSet> => {
  const outcomes = new Map(files.map(({ index }) => [index, new FileOutcome(index, folder)]));
  const { staged, sites } = await withDuckDb(async (connection) => {
    // Parquet's times with a zone are told in it
    await connection.run(`SET TimeZone = 'UTC'`);
    await createIdentifyMacros(connection, secret, map.namespace);
    const found: CdmFile[] = [];
    for (const file of files) {
      const outcome = outcomes.get(file.index)!;
      const opened = await openCdmFile(connection, file, folder, outcome);
      if ('refused' in opened) outcome.refuse(opened.refused);
      else found.push(opened);
    }
    const wrong = await wrongVersion(connection, found);
    if (wrong) {
      for (const { file } of found) outcomes.get(file)!.refuse(wrong);
      return { staged: [], sites: [] };
    }
    const checked = await checkFiles(connection, found, map, folder);
    for (const one of checked) await judge(connection, one, outcomes.get(one.file)!);
    await judgeSourceValues(connection, checked);
    await namePeople(connection, checked, map);
    return writeStaged(connection, checked, await cdmSources(connection, found, outcomes), folder, partitions, new Set(map.elsewhere));
  }, folder);
  const quarantine = join(folder, 'quarantine.ndjson');
  await joinQuarantine([...outcomes.values()], quarantine);
  return { files: [...outcomes.values()].map((outcome) => outcome.reading()), partitions: staged, quarantine, sites };
};

/** Types and checks every file of a kept table. References are looked up among the keys of the whole set; what names rows of any table comes last. */
const checkFiles = async (connection: DuckDBConnection, found: readonly CdmFile[], map: OmopMap, folder: string): Promise<Checked[]> => {
  const kept = found.filter((file): file is CdmFile & { table: OmopTable } => file.table !== 'cdm_source');
  const cellsOf = (file: CdmFile & { table: OmopTable }) => cellsSql(file.table, file.relation, file.columns, file.cells, file.row, map.nullTokens);
  for (const table of REFERRED) {
    await connection.run(`CREATE TABLE key_${table} (key BIGINT, subject VARCHAR, id BIGINT)`);
    const subject = table === 'person' ? map.subject : keyColumn(table);
    for (const file of kept.filter((one) => one.table === table)) {
      const keys = `SELECT ${keySql(keyColumn(table))} AS key, ${table === 'person' ? `"${subject}"` : 'NULL::VARCHAR'} AS subject FROM (${cellsOf(file)})`;
      await connection.run(
        `INSERT INTO key_${table} SELECT key, min(subject), ${table === 'person' ? 'NULL' : idSql(table, 'key')} FROM (${keys}) WHERE key IS NOT NULL ${table === 'person' ? 'AND subject IS NOT NULL' : ''} GROUP BY key`,
      );
    }
  }
  await connection.run(`CREATE TABLE words AS SELECT unnest([${[...allowedWords(map.terms)].map(literal).join(', ')}]) AS word`);
  const known = {
    present: new Set(kept.map(({ table }) => table)),
    elsewhere: new Set<string>(map.elsewhere),
    needed: new Set(map.subject === 'person_id' ? [] : [map.subject]),
    words: 'words',
  };
  const rowsOfFile = (file: (typeof kept)[number]): string => `(SELECT ${file.file} AS file, * FROM (${checkSql(file.table, cellsOf(file), known)}))`;
  const write = async (file: (typeof kept)[number], rows: string): Promise<Checked> => {
    const path = join(folder, `checked-${file.file}.parquet`);
    await connection.run(`COPY (${keyedSql(file.table, rows)}) TO ${literal(path)} (FORMAT parquet)`);
    return { file: file.file, table: file.table, path, cells: rawText(file) };
  };
  const [facts, events] = [kept.filter(({ table }) => table === 'fact_relationship'), kept.filter(({ table }) => table !== 'fact_relationship')];
  const checked: Checked[] = [];
  for (const file of events) checked.push(await write(file, rowsOfFile(file)));
  await connection.run('CREATE TABLE duplicates (file INTEGER, "row" BIGINT)');
  await findDuplicates(connection, checked);
  if (facts.length === 0) return checked;
  const admitted = new Map([...Map.groupBy(checked, ({ table }) => table)].map(([table, some]) => [table, `(${some.map(admittedSql).join(' UNION ALL ')})`] as const));
  const resolved = await resolveFacts(connection, facts.map(rowsOfFile), admitted, map, folder);
  const related: Checked[] = [];
  for (const [index, file] of facts.entries()) related.push(await write(file, resolved[index]!));
  await findDuplicates(connection, related);
  return [...checked, ...related];
};

/** The file's rows as text, for the quarantine. */
const rawText = ({ relation, row, cells }: CdmFile): string =>
  `SELECT ${row} AS "row", concat_ws(',', ${cells.map((cell) => `coalesce(${cell}::VARCHAR, '')`).join(', ')}) AS text FROM ${relation}`;

const GOOD = 'len(findings) = 0';

/** `duplicates(file, row)`: of rows with the same key one is kept, chosen by what it says, not by where it stands. */
const findDuplicates = async (connection: DuckDBConnection, checked: readonly Checked[]): Promise<void> => {
  for (const table of new Set(checked.map((one) => one.table))) {
    const paths = checked.filter((one) => one.table === table).map(({ path }) => literal(path));
    const all = `read_parquet([${paths.join(', ')}])`;
    const said = Object.keys(OMOP_TABLES[table].columns).map((column) => `coalesce("${column}"::VARCHAR, '')`);
    await connection.run(
      `INSERT INTO duplicates SELECT file, "row" FROM (
         SELECT file, "row", row_number() OVER (PARTITION BY "key" ORDER BY md5(concat_ws(chr(31), ${said.join(', ')})), file, "row") AS place
         FROM ${all} WHERE ${GOOD} AND "key" IN (SELECT "key" FROM ${all} WHERE ${GOOD} GROUP BY "key" HAVING count(*) > 1)) WHERE place > 1`,
    );
  }
};

const admittedSql = ({ path }: Checked): string =>
  `(SELECT c.* FROM read_parquet(${literal(path)}) c WHERE ${GOOD} AND NOT EXISTS (SELECT 1 FROM duplicates d WHERE d.file = c.file AND d."row" = c."row"))`;

/** Counts a file's admitted rows and tells those that are left out. */
const judge = async (connection: DuckDBConnection, one: Checked, outcome: FileOutcome): Promise<void> => {
  const [count] = await rowsOf(connection, `SELECT count(*) AS admitted FROM ${admittedSql(one)}`);
  outcome.admit(one.table, Number(count!['admitted']));
  const bad = `SELECT c."row", c.findings FROM read_parquet(${literal(one.path)}) c WHERE NOT ${GOOD}
    UNION ALL SELECT d."row", ['${namedKey(one.table)} duplicate-record'] FROM duplicates d WHERE d.file = ${one.file}`;
  const result = await connection.stream(
    `SELECT b."row", array_to_string(b.findings, ',') AS findings, r.text FROM (${bad}) b JOIN (${one.cells}) r ON r."row" = b."row" ORDER BY b."row"`,
  );
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const [row, findings, text] of chunk.getRows()) await outcome.leaveOut(Number(row), findingsOf(String(findings)), String(text ?? ''));
  }
};

const findingsOf = (told: string) =>
  told.split(',').map((finding) => {
    const [field, reason] = finding.split(' ') as [string, Reason];
    return { field, reason };
  });

/** `no_codes(value)`: source values that have a code's syntax but not its check digit. */
const judgeSourceValues = async (connection: DuckDBConnection, checked: readonly Checked[]): Promise<void> => {
  await connection.run('CREATE TABLE no_codes (value VARCHAR)');
  const appender = await connection.createAppender('no_codes');
  for (const { table, path } of checked) {
    const columns = sourceValueColumns(table);
    if (columns.length === 0) continue;
    const distinct = columns.map((column) => `SELECT DISTINCT "${column}" AS value FROM read_parquet(${literal(path)})`);
    const result = await connection.stream(`SELECT DISTINCT value FROM (${distinct.join(' UNION ALL ')}) WHERE value IS NOT NULL AND lower(value) NOT IN (FROM words)`);
    for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      for (const [value] of chunk.getRows()) {
        if (isCode(String(value))) continue;
        appender.appendVarchar(String(value));
        appender.endRow();
      }
    }
  }
  appender.closeSync();
};

/** `people(key, pseudonym, person_id)` of every patient of an admitted row, and `names(concept_id, code)`: the code of a concept that is known. */
const namePeople = async (connection: DuckDBConnection, checked: readonly Checked[], { subject }: OmopMap): Promise<void> => {
  const keys = checked.map(({ path }) => `SELECT DISTINCT subject_key AS key FROM read_parquet(${literal(path)}) WHERE ${GOOD} AND subject_key IS NOT NULL`);
  await connection.run(`CREATE TABLE subjects AS SELECT DISTINCT key FROM (${keys.length > 0 ? keys.join(' UNION ALL ') : 'SELECT NULL::BIGINT AS key WHERE false'})`);
  const named =
    subject === 'person_id'
      ? 'SELECT key, key::VARCHAR AS subject FROM subjects'
      : 'SELECT s.key, min(k.subject) AS subject FROM subjects s JOIN key_person k ON k.key = s.key GROUP BY s.key';
  await connection.run(`CREATE TABLE people AS SELECT key, pseudonym(subject) AS pseudonym, person_id_of(pseudonym(subject)) AS person_id FROM (${named})`);
  const codes = new Map<number, string>();
  for (const { code, concept } of shippedCodes()) if (concept.conceptId > 0 && !codes.has(concept.conceptId)) codes.set(concept.conceptId, code);
  await connection.run(`CREATE TABLE names AS SELECT * FROM (VALUES ${[...codes].map(([id, code]) => `(${id}, ${literal(code)})`).join(', ')}) t(concept_id, code)`);
};

/** The rows of cdm_source files are records that make no rows. */
const cdmSources = async (connection: DuckDBConnection, found: readonly CdmFile[], outcomes: ReadonlyMap<number, FileOutcome>): Promise<string[]> => {
  const sources = found.filter(({ table }) => table === 'cdm_source');
  for (const { file, relation } of sources) {
    const [count] = await rowsOf(connection, `SELECT count(*) AS admitted FROM ${relation}`);
    outcomes.get(file)!.admit(null, Number(count!['admitted']));
  }
  return sources.map(
    ({ relation, row }) => `SELECT 'record' AS "table", record_key_of('cdm_source ' || ${row}) AS record_key, 'row ' || ${row} AS source_location FROM ${relation}`,
  );
};

const writeStaged = async (
  connection: DuckDBConnection,
  checked: readonly Checked[],
  sources: readonly string[],
  folder: string,
  partitions: number,
  elsewhere: ReadonlySet<string>,
) => {
  const selects = [
    ...checked.map((one) => stagedSql(one.table, admittedSql(one), partitions, elsewhere)),
    ...sources.map((select) => `SELECT *, ('0x' || substr(record_key, 1, 12))::UBIGINT % ${partitions} AS partition FROM (${select})`),
  ];
  if (selects.length === 0) return { staged: [], sites: [] };
  const into = join(folder, 'staged');
  await rm(into, { recursive: true, force: true });
  await connection.run(`COPY (${selects.join(' UNION ALL BY NAME ')}) TO ${literal(into)} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (partition))`);
  const staged: { partition: number; path: string }[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const from = join(into, `partition=${partition}`);
    const [name, ...more] = await readdir(from).catch(() => []);
    if (name === undefined) continue;
    if (more.length > 0) throw new Error(`partition ${partition} was written as ${more.length + 1} files`);
    const path = join(folder, `staged-${partition}.parquet`);
    await rename(join(from, name), path);
    staged.push({ partition, path });
  }
  const found = await sitesOf(
    connection,
    staged.map(({ path }) => path),
    checked,
  );
  return { staged, sites: found };
};

const sitesOf = async (connection: DuckDBConnection, paths: readonly string[], checked: readonly Checked[]): Promise<string[]> => {
  if (paths.length === 0 || !checked.some(({ table }) => table === 'care_site')) return [];
  const sites = await rowsOf(
    connection,
    `SELECT DISTINCT care_site_source_value AS site FROM read_parquet([${paths.map(literal).join(', ')}], union_by_name = true) WHERE "table" = 'care_site'`,
  );
  return sites.map((row) => String(row['site'])).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
};
