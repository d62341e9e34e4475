import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import { FileTally } from '../domain/lake/file-tally.ts';
import { type Judgement, judgeLine } from '../domain/lake/formats/fhir/judge-line.ts';
import { type Element, elementsOf, elementsOfChoice } from '../domain/lake/formats/fhir/elements.ts';
import { elementsOfTypes } from '../domain/lake/formats/fhir/scan-sql.ts';
import type { Finding } from '../domain/lake/reading.ts';
import { resourceLines } from './fhir-lines.ts';
import type { Part, Scan } from './fhir-scan.ts';
import { ROLE_OF } from './fhir-texts.ts';
import { GrowingFile } from './scratch.ts';

/** `left_out`, `deleted` (of which record) and `shadowed`: what makes no rows, by scan and row in it (`n`), file and row in it. */
export const createVerdicts = async (connection: DuckDBConnection): Promise<void> => {
  await connection.run('CREATE TABLE left_out (scan VARCHAR, n BIGINT, file INTEGER, "row" BIGINT, findings VARCHAR)');
  await connection.run('CREATE TABLE deleted (scan VARCHAR, n BIGINT, file INTEGER, "row" BIGINT, record VARCHAR)');
  await connection.run('CREATE TABLE shadowed (scan VARCHAR, n BIGINT)');
};

const TEXTS_OF: Partial<Record<Element['kind'], string>> = { Coding: 'classes', Identifier: 'identifiers', Extension: 'extensions' };
const textsOf = ({ kind, list }: Element): string | null => (kind === 'CodeableConcept' ? (list ? 'listed' : 'coded') : (TEXTS_OF[kind] ?? null));

const countOf = async (connection: DuckDBConnection, from: string): Promise<number> => Number((await connection.runAndReadAll(`SELECT count(*) FROM ${from}`)).getRows()[0]![0]);

/** Which sets of distinct texts hold one that is not of its type, or that leads nowhere: mostly none. */
type Suspects = { texts: ReadonlySet<string>; bad: ReadonlySet<string>; broken: ReadonlySet<string> };

export const findSuspects = async (connection: DuckDBConnection): Promise<Suspects> => {
  const texts = new Set<string>();
  for (const table of ['coded', 'classes', 'listed', 'identifiers', 'extensions']) if ((await countOf(connection, `${table} WHERE bad`)) > 0) texts.add(table);
  const roles = (await connection.runAndReadAll('SELECT DISTINCT role, bad, broken FROM led WHERE bad OR broken')).getRows() as [string, boolean, boolean][];
  return { texts, bad: new Set(roles.filter(([, bad]) => bad).map(([role]) => role)), broken: new Set(roles.filter(([, , broken]) => broken).map(([role]) => role)) };
};

/** The rows of a scan that need a closer look, each with the references that lead nowhere. */
const doubtfulSql = ({ table, read, types }: Scan, suspects: Suspects, keyedPatients: boolean): string => {
  const held = read.filter((type) => types.has(type));
  const doubts = new Set<string>(['t.doubt']);
  const broken = new Map<string, string>();
  const ofType = (type: string) => (read.length > 1 ? `t.resource_type = '${type}' AND ` : '');
  for (const type of held) {
    for (const element of elementsOf(type)) {
      const texts = textsOf(element);
      if (texts && suspects.texts.has(texts)) doubts.add(`(${ofType(type)}t."${element.name}" IN (SELECT text FROM ${texts} WHERE bad))`);
      if (element.kind === 'Reference') {
        const role = ROLE_OF[element.name]!;
        const among = (flag: string) => `(${ofType(type)}coalesce(t."${element.name}" IN (SELECT text FROM led WHERE role = '${role}' AND ${flag}), false))`;
        if (suspects.bad.has(role)) doubts.add(among('bad'));
        if (suspects.broken.has(role)) broken.set(`${type} ${element.name}`, `CASE WHEN ${among('broken')} THEN '${element.name}.reference broken-reference' END`);
        if (role === 'medication')
          broken.set(
            `${type} inside`,
            `CASE WHEN ${ofType(type)}starts_with(t."${element.name}"->>'$.reference', '#') AND t.record_key NOT IN (SELECT record_key FROM inside) THEN '${element.name}.reference broken-reference' END`,
          );
      }
      if (element.kind === 'BackboneElement' && element.list) {
        const inner = [...(element.elements ?? []), ...(element.choices ?? []).flatMap(elementsOfChoice)].filter((member) => suspects.texts.has(textsOf(member) ?? ''));
        for (const member of inner)
          doubts.add(
            `(${ofType(type)}t.rowid IN (SELECT n FROM (SELECT rowid AS n, unnest("${element.name}") AS p FROM ${table} WHERE "${element.name}" IS NOT NULL) WHERE p."${member.name}"::VARCHAR IN (SELECT text FROM ${textsOf(member)} WHERE bad)))`,
          );
      }
    }
    if (type === 'Patient' && keyedPatients) broken.set('Patient identifier', `CASE WHEN ${ofType(type)}t.id NOT IN (SELECT name FROM patients) THEN 'identifier missing-key' END`);
  }
  const found = broken.size > 0 ? `list_distinct(list_filter([${[...broken.values()].join(', ')}], lambda one: one IS NOT NULL))` : `[]::VARCHAR[]`;
  return `SELECT "row", array_to_string(broken, ',') AS broken, readable FROM (SELECT t.rowid AS "row", ${found} AS broken, ${[...doubts].join(' OR ')} AS doubtful, t.resource_type IS NOT NULL AS readable FROM ${table} t) WHERE doubtful OR len(broken) > 0 ORDER BY "row"`;
};

/** Looks closely at the doubtful rows of a scan: what is sound after all stays. */
export const judgeDoubtful = async (connection: DuckDBConnection, scan: Scan, suspects: Suspects, keyedPatients: boolean): Promise<void> => {
  const doubtful = rowsOf<[bigint, string, boolean]>(connection, doubtfulSql(scan, suspects, keyedPatients));
  let next = await doubtful.next();
  if (next.done) return;
  const left = await connection.createAppender('left_out');
  const gone = await connection.createAppender('deleted');
  for (const { lines, start, rows } of scan.parts) {
    if (next.done || Number(next.value[0]) >= start + rows) continue;
    for await (const { row, text } of resourceLines(lines.path)) {
      if (next.done || Number(next.value[0]) >= start + rows) break;
      const [n, broken, readable] = next.value;
      if (start + row < Number(n)) continue;
      const judged = judgementOf(text, broken, readable);
      const place = (appender: DuckDBAppender): void => {
        appender.appendVarchar(scan.table);
        appender.appendBigInt(n);
        appender.appendInteger(lines.file);
        appender.appendBigInt(BigInt(row));
      };
      for (const record of 'deleted' in judged ? judged.deleted : []) {
        place(gone);
        gone.appendVarchar(record);
        gone.endRow();
      }
      if ('findings' in judged && judged.findings.length > 0) {
        place(left);
        left.appendVarchar(JSON.stringify(judged.findings));
        left.endRow();
      }
      next = await doubtful.next();
    }
  }
  left.closeSync();
  gone.closeSync();
};

const judgementOf = (text: string | null, broken: string, readable: boolean): Judgement => {
  const judged = judgeLine(text);
  if ('deleted' in judged) return judged;
  const leadNowhere = broken === '' ? [] : broken.split(',').map((told) => told.split(' ') as [string, Finding['reason']]);
  const findings = [...judged.findings, ...leadNowhere.map(([field, reason]) => ({ field, reason }))];
  // what the engine could not read is left out, whatever it says
  return { findings: findings.length === 0 && !readable ? [{ field: null, reason: 'malformed-row' }] : findings };
};

async function* rowsOf<T>(connection: DuckDBConnection, sql: string): AsyncGenerator<T> {
  const result = await connection.stream(sql);
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) for (const row of chunk.getRows()) yield row as T;
}

/** The condition that rows of a scan are not among these, where it has any. */
export const exceptions = async (connection: DuckDBConnection, tables: readonly ('left_out' | 'deleted' | 'shadowed')[], { table }: Scan): Promise<string> => {
  const conditions: string[] = [];
  for (const verdict of tables) {
    const own = `${verdict} WHERE scan = '${table}'`;
    if ((await countOf(connection, own)) > 0) conditions.push(`t.rowid NOT IN (SELECT n FROM ${own})`);
  }
  return conditions.join(' AND ') || 'true';
};

/** A value for each part of a scan, by its number. */
export const byPart = ({ parts }: Scan, value: (part: Part) => number | boolean): ((part: string) => string) => {
  const told = parts.map((part) => String(value(part)));
  return (part) => (told.every((one) => one === told[0]) ? told[0]! : `[${told.join(', ')}][${part}]`);
};

/**
 * Of sound resources that say they are the same record, the one that was changed last stands; of equally old ones that whose content
 * sorts first, so that the order of files does not matter. The others are duplicates; but a bundle may repeat what another bundle of the
 * set holds (its hospital), and a history what was changed: those are taken in and make no rows.
 */
export const findDuplicates = async (connection: DuckDBConnection, scans: readonly Scan[]): Promise<void> => {
  const sound: { scan: Scan; only: string }[] = [];
  for (const scan of scans) sound.push({ scan, only: await exceptions(connection, ['left_out', 'deleted'], scan) });
  const keys = sound.map(({ scan, only }) => `SELECT record_key FROM ${scan.table} t WHERE record_key IS NOT NULL AND ${only}`);
  await connection.run(`CREATE TABLE repeated AS SELECT record_key FROM (${keys.join(' UNION ALL ')}) GROUP BY record_key HAVING count(*) > 1`);
  if ((await countOf(connection, 'repeated')) === 0) return;
  const all = sound.map(({ scan, only }) => {
    const [file, start] = [byPart(scan, ({ lines }) => lines.file)('part'), byPart(scan, (part) => part.start)('part')];
    const [ofBundle, ofHistory] = [byPart(scan, ({ lines }) => lines.place === 'entry')('part'), byPart(scan, ({ lines }) => lines.isHistory)('part')];
    return `SELECT '${scan.table}' AS scan, t.rowid AS n, ${file} AS file, t.rowid - ${start} AS "row", record_key, last_updated, ${ofBundle} AS of_bundle, ${ofHistory} AS of_history,
      hash(${['doubt', 'contained', ...elementsOfTypes(scan.read).map(({ element }) => `"${element.name}"`)].join(', ')}) AS content FROM ${scan.table} t WHERE record_key IN (FROM repeated) AND ${only}`;
  });
  await connection.run(
    `CREATE TABLE ranked AS SELECT *, row_number() OVER (PARTITION BY record_key ORDER BY last_updated DESC NULLS LAST, content, file, "row") AS place,
       row_number() OVER (PARTITION BY record_key, file ORDER BY last_updated DESC NULLS LAST, content, "row") AS place_in_file FROM (${all.join(' UNION ALL ')})`,
  );
  const repeats = `place > 1 AND (of_history OR (of_bundle AND place_in_file = 1))`;
  await connection.run(`INSERT INTO shadowed SELECT scan, n FROM ranked WHERE ${repeats}`);
  await connection.run(`INSERT INTO left_out SELECT scan, n, file, "row", '[{"field":"id","reason":"duplicate-record"}]' FROM ranked WHERE place > 1 AND NOT (${repeats})`);
};

/** Tells the records of a file that are left out, with their text, and counts those that take others away. */
export const writeQuarantine = async (connection: DuckDBConnection, { lines }: Part, into: GrowingFile): Promise<FileTally> => {
  const tally = new FileTally(lines.file);
  for (let count = await countOf(connection, `(SELECT DISTINCT "row" FROM deleted WHERE file = ${lines.file})`); count > 0; count--) tally.delete();
  const left = rowsOf<[bigint, string]>(connection, `SELECT "row", findings FROM left_out WHERE file = ${lines.file} ORDER BY "row"`);
  let next = await left.next();
  if (next.done) return tally;
  for await (const { row, line, text } of resourceLines(lines.path)) {
    if (next.done) break;
    if (row < Number(next.value[0])) continue;
    const where = lines.place === 'line' ? `line ${line}` : `entry ${row + 1}`;
    const findings = JSON.parse(next.value[1]) as Finding[];
    tally.leaveOut(where, findings);
    await into.write(`${JSON.stringify({ file: lines.file, where, findings, text: text ?? '' })}\n`);
    next = await left.next();
  }
  return tally;
};
