import type { DuckDBConnection } from '@duckdb/node-api';
import type { Refused } from '../domain/lake/formats/fhir/bundle-entries.ts';
import { RESOURCES } from '../domain/lake/formats/fhir/elements.ts';
import { RESOURCE_TYPES } from '../domain/lake/formats/fhir/resource-types.ts';
import { scanSql } from '../domain/lake/formats/fhir/scan-sql.ts';
import { type FhirLines, resourceLines, soundLines } from './fhir-lines.ts';

/** A file of a scan: its lines that are not blank are the rows from `start`. `types`: what it holds, by count; null: no resource. */
export type Part = { lines: FhirLines; start: number; rows: number; types: ReadonlyMap<string | null, number> };
/** Files whose resources lie in one table, a row for each line. `read`: types whose elements were read. */
export type Scan = { table: string; parts: readonly Part[]; types: ReadonlySet<string>; read: readonly string[] };

/** Small buffers let several threads share a file; a line that is longer takes another try. */
const LINE_BYTES = [1 << 21, 1 << 24] as const;

const ALL_TYPES = Object.keys(RESOURCES);

/**
 * Scans files together that hold the same type, as Bulk Data has it: only that type's elements are read. A file that does not keep to
 * its first line's type, and every bundle, is read for all.
 */
export const scanFiles = async (connection: DuckDBConnection, files: readonly FhirLines[], folder: string): Promise<{ scans: Scan[]; refused: Map<number, Refused> }> => {
  const groups = new Map<string, FhirLines[]>([['all', []]]);
  for (const lines of files) {
    const first = lines.place === 'line' ? await firstType(lines.path) : null;
    const name = first === null ? 'all' : ALL_TYPES.includes(first) ? first : 'none';
    groups.set(name, [...(groups.get(name) ?? []), lines]);
  }
  const scans: Scan[] = [];
  const refused = new Map<number, Refused>();
  const keep = async (scan: Scan): Promise<void> => {
    for (const { lines, ...part } of scan.parts) {
      const why = refusalOf({ lines, ...part });
      if (why) refused.set(lines.file, why);
    }
    const parts = scan.parts.filter(({ lines }) => !refused.has(lines.file));
    scans.push(parts.length === scan.parts.length ? scan : await rescanned(connection, scan, parts, folder));
  };
  const mixed = groups.get('all')!;
  groups.delete('all');
  for (const [name, group] of groups) {
    const types = name === 'none' ? [] : [name];
    const scan = await scanned(connection, `scanned_${name}`, group, types, folder);
    const strays = scan.parts.filter((part) => [...part.types.keys()].some((type) => type !== null && ALL_TYPES.includes(type) && !types.includes(type)));
    mixed.push(...strays.map(({ lines }) => lines));
    const kept = scan.parts.filter((part) => !strays.includes(part));
    await keep(strays.length === 0 ? scan : await rescanned(connection, scan, kept, folder));
  }
  if (mixed.length > 0) await keep(await scanned(connection, 'scanned_all', mixed, ALL_TYPES, folder));
  return { scans: scans.filter(({ parts }) => parts.length > 0), refused };
};

const rescanned = (connection: DuckDBConnection, { table, read }: Scan, parts: readonly Part[], folder: string): Promise<Scan> =>
  parts.length > 0
    ? scanned(
        connection,
        table,
        parts.map(({ lines }) => lines),
        read,
        folder,
      )
    : connection.run(`DROP TABLE ${table}`).then(() => ({ table, parts: [], types: new Set(), read }));

const firstType = async (path: string): Promise<string | null> => {
  for await (const { text } of resourceLines(path)) return /"resourceType"\s*:\s*"([A-Za-z]+)"/.exec(text ?? '')?.[1] ?? null;
  return null;
};

const scanned = async (connection: DuckDBConnection, table: string, files: readonly FhirLines[], types: readonly string[], folder: string): Promise<Scan> => {
  const create = (of: readonly FhirLines[], lineBytes: number) =>
    connection.run(
      `CREATE OR REPLACE TABLE ${table} AS ${scanSql(
        of.map(({ path }) => path),
        types,
        lineBytes,
      )}`,
    );
  let read = files;
  try {
    await create(files, LINE_BYTES[0]);
  } catch {
    try {
      await create(files, LINE_BYTES[1]);
    } catch {
      read = [];
      for (const lines of files) read = [...read, await soundLines(lines, folder)];
      await create(read, LINE_BYTES[1]);
    }
  }
  const counted = (await connection.runAndReadAll(`SELECT part, resource_type, count(*)::DOUBLE FROM ${table} GROUP BY ALL ORDER BY ALL`)).getRows() as [
    number,
    string | null,
    number,
  ][];
  let start = 0;
  const parts = read.map((lines, index): Part => {
    const own = counted.filter(([part]) => part === index + 1);
    const rows = own.reduce((sum, [, , count]) => sum + count, 0);
    const part = { lines, start, rows, types: new Map(own.map(([, type, count]) => [type, count])) };
    start += rows;
    return part;
  });
  return { table, parts, read: types, types: new Set(counted.flatMap(([, type]) => (type === null ? [] : [type]))) };
};

/** Why a file holds nothing to read, or null. */
const refusalOf = ({ rows, types, lines }: Part): Refused | null => {
  // a bundle may be empty, or take records away
  if (lines.place === 'entry') return null;
  if (rows === 0) return { reason: 'empty', detail: 'the file has no line with a resource' };
  if (types.get('OperationOutcome') === rows) return { reason: 'error-report', detail: 'the file holds OperationOutcomes only: a server’s reports in place of data' };
  if (![...types.keys()].some((type) => type !== null && RESOURCE_TYPES.has(type))) return { reason: 'not-this-format', detail: 'no line of the file is a FHIR R4 resource' };
  return null;
};
