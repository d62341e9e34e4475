import type { DuckDBConnection } from '@duckdb/node-api';
import type { Refused } from '../domain/lake/formats/fhir/bundle-entries.ts';
import { RESOURCES } from '../domain/lake/formats/fhir/elements.ts';
import { RESOURCE_TYPES } from '../domain/lake/formats/fhir/resource-types.ts';
import { scanSql } from '../domain/lake/formats/fhir/scan-sql.ts';
import { type FhirLines, resourceLines, soundLines } from './fhir-lines.ts';

/** A file whose resources lie in a table: a row for each line that is not blank, in order (`rowid`). `types`: what it holds, by count; null: no resource. */
export type ScannedFile = {
  lines: FhirLines;
  table: string;
  rows: number;
  types: ReadonlyMap<string | null, number> /** types whose elements were read */;
  read: readonly string[];
};

/** Small buffers let several threads share a file; a line that is longer takes another try. */
const LINE_BYTES = [1 << 21, 1 << 24] as const;

const ALL_TYPES = Object.keys(RESOURCES);

export const scanFile = async (connection: DuckDBConnection, lines: FhirLines, folder: string): Promise<ScannedFile | { refused: Refused }> => {
  const first = lines.place === 'line' ? await firstType(lines.path) : null;
  // Bulk Data has one type a file; one that does not keep to it is read again for all
  const expected = first === null ? ALL_TYPES : ALL_TYPES.includes(first) ? [first] : [];
  const scanned = await scan(connection, lines, expected, folder);
  const others = [...scanned.types.keys()].some((type) => type !== null && ALL_TYPES.includes(type) && !expected.includes(type));
  const whole = others ? await scan(connection, lines, ALL_TYPES, folder) : scanned;
  const refused = refusalOf(whole);
  if (refused) await connection.run(`DROP TABLE ${whole.table}`);
  return refused ? { refused } : whole;
};

const firstType = async (path: string): Promise<string | null> => {
  for await (const { text } of resourceLines(path)) return /"resourceType"\s*:\s*"([A-Za-z]+)"/.exec(text ?? '')?.[1] ?? null;
  return null;
};

const scan = async (connection: DuckDBConnection, lines: FhirLines, types: readonly string[], folder: string): Promise<ScannedFile> => {
  const table = `scanned_${lines.file}`;
  const create = (path: string, lineBytes: number) => connection.run(`CREATE OR REPLACE TABLE ${table} AS ${scanSql(path, types, lineBytes)}`);
  let read = lines;
  try {
    await create(lines.path, LINE_BYTES[0]);
  } catch {
    try {
      await create(lines.path, LINE_BYTES[1]);
    } catch {
      read = await soundLines(lines, folder);
      await create(read.path, LINE_BYTES[1]);
    }
  }
  const counted = (await connection.runAndReadAll(`SELECT "type", count(*)::DOUBLE FROM ${table} GROUP BY "type" ORDER BY "type"`)).getRows() as [string | null, number][];
  return { lines, table, rows: counted.reduce((sum, [, count]) => sum + count, 0), types: new Map(counted), read: types };
};

/** Why a file holds nothing to read, or null. */
const refusalOf = ({ rows, types, lines }: ScannedFile): Refused | null => {
  // a bundle may be empty, or take records away
  if (lines.place === 'entry') return null;
  if (rows === 0) return { reason: 'empty', detail: 'the file has no line with a resource' };
  if (types.get('OperationOutcome') === rows) return { reason: 'error-report', detail: 'the file holds OperationOutcomes only: a server’s reports in place of data' };
  if (![...types.keys()].some((type) => type !== null && RESOURCE_TYPES.has(type))) return { reason: 'not-this-format', detail: 'no line of the file is a FHIR R4 resource' };
  return null;
};
