import { closeSync, createReadStream, createWriteStream, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DOUBTFUL_LINE, LINE_COLUMNS, linePartsSql } from '../domain/lake/formats/fhir/line-parts.ts';
import { LineScan } from '../domain/lake/formats/fhir/line-scan.ts';
import { LONGEST_LINE_BYTES, lineText } from '../domain/lake/formats/fhir/limited-lines.ts';
import type { SetFile } from '../domain/lake/reading.ts';
import { literal } from './duckdb.ts';
import { UnfinishedError, compressionOf, inTime } from './set-files.ts';

/** A set of files that cannot be read in bulk; they are to be read line by line. */
export class NotInBulk extends Error {}

/** A file of lines on local disk; `first` is the place of its first line in the table of all. */
export type LineFile = { file: SetFile; path: string; scan: LineScan; lines: number; first: number };

/** Lines whose parts tell all. */
export const PLAIN = 'plain AND lines.rowid NOT IN (FROM closer)';

/**
 * Reads files of NDJSON into `lines(file, …)`, the parts of each line that has text, its place being its rowid; and into `closer(place)` those
 * that need a closer look, whatever their parts say.
 */
export const readLineFiles = async (connection: DuckDBConnection, files: readonly SetFile[], folder: string): Promise<LineFile[]> => {
  await connection.run('CREATE TABLE closer (place BIGINT)');
  const read: LineFile[] = [];
  for (const file of files) {
    if (file.bytes === 0) continue;
    const path = await asLines(file, folder);
    const scan = new LineScan(DOUBTFUL_LINE);
    const first = read.reduce((sum, { lines }) => sum + lines, 0);
    const scanning = scanned(scan, path, file.until);
    const taking = takeApart(connection, path, file.index, first);
    // the engine is closed after both have ended, whichever fails
    await Promise.allSettled([scanning, taking]);
    const [lines, taken] = [await scanning, await taking];
    // blank lines between others make numbers of lines that the engine does not know
    if (scan.hasGaps || lines !== taken) throw new NotInBulk();
    const appender = await connection.createAppender('closer');
    for (const place of [...scan.matching, ...tooLong(scan, lines)]) {
      appender.appendBigInt(BigInt(first + place));
      appender.endRow();
    }
    appender.closeSync();
    read.push({ file, path, scan, lines, first });
  }
  if (read.length === 0) throw new NotInBulk();
  return read;
};

function* tooLong(scan: LineScan, lines: number): Generator<number> {
  for (let place = 0; place < lines; place++) {
    const { from, to } = scan.range(place);
    if (to - from > LONGEST_LINE_BYTES) yield place;
  }
}

/** A file that the engine can open: expanded, its name free of the engine's wildcards. */
const asLines = async (file: SetFile, folder: string): Promise<string> => {
  if ((await compressionOf(file.path)) === null && !/[*?[\]{}]/.test(file.path)) return file.path;
  const path = join(folder, `lines-${file.index}.ndjson`);
  try {
    await pipeline(file.open(), createWriteStream(path));
  } catch (error) {
    if (error instanceof UnfinishedError) throw new NotInBulk();
    throw error;
  }
  return path;
};

const READ_BYTES = 1 << 20;

const scanned = async (scan: LineScan, path: string, until?: number): Promise<number> => {
  for await (const chunk of inTime(createReadStream(path, { highWaterMark: READ_BYTES }), until)) scan.push(chunk);
  return scan.end();
};

/** Answers how many lines were added. A strict reading refuses a file for one bad line: then it is read again, and names that are said twice are looked for. */
const takeApart = async (connection: DuckDBConnection, path: string, file: number, first: number): Promise<number> => {
  const columns = Object.entries(LINE_COLUMNS).map(([name, type]) => `${literal(name)}: ${literal(type)}`);
  const read = (ignoreErrors: boolean) =>
    `read_json(${literal(path)}, format = 'newline_delimited', ignore_errors = ${ignoreErrors}, compression = 'uncompressed', columns = {${columns.join(', ')}})`;
  const into = first === 0 ? 'CREATE TABLE lines AS' : 'INSERT INTO lines';
  const add = (ignoreErrors: boolean) => connection.run(`${into} SELECT ${file} AS file, * FROM (${linePartsSql(read(ignoreErrors))})`);
  try {
    await add(false);
  } catch {
    try {
      await add(true);
      await connection.run(
        `CREATE OR REPLACE TEMP TABLE names AS SELECT coalesce(list_unique(json_keys(json)) <> len(json_keys(json)), true) AS doubled
         FROM read_ndjson_objects(${literal(path)}, ignore_errors = true, compression = 'uncompressed')`,
      );
      await connection.run(`INSERT INTO closer SELECT ${first} + rowid FROM names WHERE doubled`);
    } catch {
      // the engine's words may quote a line
      throw new NotInBulk();
    }
  }
  const counted = await connection.runAndReadAll('SELECT count(*) FROM lines');
  return Number(counted.getRows()[0]![0]) - first;
};

const LINE_FEED = 10;
const WINDOW_BYTES = 1 << 16;

/** The texts of some lines, by their places in the file, ascending; null for one that is too long or no UTF-8. Reads at once: a promise takes longer than a line. */
export function* textsOf({ path, scan }: LineFile, places: Iterable<number>): Generator<{ place: number; text: string | null }> {
  const file = openSync(path, 'r');
  try {
    let buffer = Buffer.allocUnsafe(WINDOW_BYTES);
    let [windowFrom, windowTo] = [0, 0];
    for (const place of places) {
      const { from, to } = scan.range(place);
      if (from < windowFrom || to > windowTo) {
        if (to - from > buffer.length) buffer = Buffer.allocUnsafe(to - from);
        windowFrom = from;
        windowTo = from + readSync(file, buffer, 0, buffer.length, from);
      }
      const bytes = buffer.subarray(from - windowFrom, to - windowFrom);
      const end = bytes.indexOf(LINE_FEED);
      yield { place, text: lineText(end === -1 ? bytes : bytes.subarray(0, end)) };
    }
  } finally {
    closeSync(file);
  }
}
