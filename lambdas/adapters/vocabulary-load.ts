import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { type Outcome, done, refused } from '../contracts/outcome.ts';
import { ATHENA_FILES, type AthenaTable, REQUIRED_FILES, athenaTableOf, releaseOf } from '../domain/lake/vocabulary/athena-files.ts';
import { literal, rowsOf, withDuckDb } from './duckdb.ts';

export type LoadedVocabulary = { release: string; tables: { table: AthenaTable | 'source_to_standard'; rows: number; path: string }[] };

/** A header line is at most so long. */
const HEADER_BYTES = 4096;

const firstLine = async (path: string): Promise<string> => {
  const handle = await openFile(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return buffer
      .subarray(0, bytesRead)
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/, 1)[0]!;
  } finally {
    await handle.close();
  }
};

/**
 * Loads the files of an Athena download as they come (tab-separated, never quoted; their names do not matter) into Parquet, and beside
 * them `source_to_standard`: for each code of each vocabulary its concept and the valid standard concepts that it maps to.
 */
export const loadVocabulary = async (paths: readonly string[], folder: string): Promise<Outcome<LoadedVocabulary>> => {
  const found = new Map<AthenaTable, { path: string; header: string[] }>();
  for (const path of paths) {
    const header = (await firstLine(path)).split('\t');
    const table = athenaTableOf(header);
    if (table) found.set(table, { path, header });
  }
  const missing = REQUIRED_FILES.filter((table) => !found.has(table));
  if (missing.length > 0)
    return refused(
      422,
      'Not a vocabulary',
      `no file has the tab-separated columns of ${missing.join(', ')}; an Athena download has ${REQUIRED_FILES.map((table) => `${table.toUpperCase()}.csv`).join(', ')}`,
    );
  return withDuckDb(async (connection) => {
    const tables: LoadedVocabulary['tables'] = [];
    const write = async (table: LoadedVocabulary['tables'][number]['table'], select: string) => {
      const path = join(folder, `${table}.parquet`);
      await connection.run(`COPY (${select}) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`);
      const [count] = await rowsOf(connection, `SELECT count(*) AS "rows" FROM read_parquet(${literal(path)})`);
      tables.push({ table, rows: Number(count!['rows']), path });
    };
    for (const [table, { path, header }] of found) {
      const bad = await unreadable(connection, table, path, header);
      if (bad) return refused(422, 'Not a vocabulary', bad);
      await write(table, `SELECT * FROM (${typed(table, path, header)}) ORDER BY ALL`);
    }
    const of = (table: AthenaTable) => `read_parquet(${literal(join(folder, `${table}.parquet`))})`;
    const [told] = await rowsOf(connection, `SELECT vocabulary_version AS version FROM ${of('vocabulary')} WHERE vocabulary_id = 'None'`);
    const release = releaseOf(String(told?.['version'] ?? ''));
    if (release === null) return refused(422, 'Wrong version', 'vocabulary None tells no release of version 5, such as “v5.0 27-FEB-25”');
    await write('source_to_standard', standardSql(of('concept'), of('concept_relationship')));
    return done({ release, tables });
  }, folder);
};

const text = (path: string, header: readonly string[]): string => {
  const columns = header.map((name) => `${literal(name.trim().toLowerCase())}: 'VARCHAR'`);
  return `read_csv(${literal(path)}, auto_detect = false, header = true, delim = '\\t', quote = '', escape = '', columns = {${columns.join(', ')}}, max_line_size = 1048576)`;
};

const cast = (column: string, type: string): string =>
  type === 'DATE' ? `TRY_STRPTIME("${column}", '%Y%m%d')::DATE` : type === 'INTEGER' ? `TRY_CAST("${column}" AS INTEGER)` : `"${column}"`;

const typed = (table: AthenaTable, path: string, header: readonly string[]): string =>
  `SELECT ${Object.entries(ATHENA_FILES[table])
    .map(([column, type]) => `${cast(column, type)} AS "${column}"`)
    .join(', ')} FROM ${text(path, header)}`;

/** What makes a file unfit to be loaded, in words: its rows are another width, or a key or a date is none. */
const unreadable = async (connection: DuckDBConnection, table: AthenaTable, path: string, header: readonly string[]): Promise<string | null> => {
  const strict = Object.entries(ATHENA_FILES[table]).filter(([, type]) => type !== 'VARCHAR');
  const wrong = strict.map(([column, type]) => `count(*) FILTER (${cast(column, type)} IS NULL) AS "${column}"`);
  try {
    const [counts] = await rowsOf(connection, `SELECT ${wrong.join(', ')} FROM ${text(path, header)}`);
    const bad = strict.find(([column]) => Number(counts![column]) > 0);
    return bad ? `${table.toUpperCase()}.csv has ${counts![bad[0]]} rows whose ${bad[0]} is no ${bad[1] === 'DATE' ? 'date YYYYMMDD' : 'integer'}` : null;
  } catch {
    return `${table.toUpperCase()}.csv has rows of another width than its header; it must be tab-separated and unquoted, as downloaded`;
  }
};

/** A standard concept stands for itself; another for those that it maps to (https://ohdsi.github.io/CommonDataModel/dataModelConventions.html). */
const standardSql = (concept: string, relationship: string): string => `
  SELECT c.vocabulary_id, c.concept_code, c.concept_id AS source_concept_id, s.concept_id AS standard_concept_id, s.domain_id AS standard_domain_id
  FROM ${concept} c
  LEFT JOIN (SELECT concept_id_1, concept_id_2 FROM ${relationship} WHERE relationship_id = 'Maps to' AND invalid_reason IS NULL) m ON m.concept_id_1 = c.concept_id
  LEFT JOIN (SELECT * FROM ${concept} WHERE standard_concept = 'S' AND invalid_reason IS NULL) s
    ON s.concept_id = coalesce(m.concept_id_2, CASE WHEN c.standard_concept = 'S' THEN c.concept_id END)
  ORDER BY c.vocabulary_id, c.concept_code, s.concept_id`;
