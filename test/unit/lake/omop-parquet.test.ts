import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { literal, withDuckDb } from '../../../lambdas/adapters/duckdb.ts';
import { type TableFile, countPersons, writeOmopParquet } from '../../../lambdas/adapters/omop-parquet.ts';
import { OMOP_TABLES, OMOP_TABLE_NAMES, type OmopRow } from '../../../lambdas/domain/lake/omop-tables.ts';
import { ingestFile } from './ingest-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'lake-test-'));
after(() => rmSync(folder, { recursive: true }));

const stage = (name: string, rows: readonly OmopRow[]): string => {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
};
const write = async (path: string): Promise<Map<string, TableFile>> => {
  const files = new Map<string, TableFile>();
  await writeOmopParquet(path, folder, async (file) => void files.set(file.table, file));
  return files;
};
const cohort = async () => (await ingestFile(readFileSync(join(import.meta.dirname, '../../../local/cohort/external.csv'), 'utf8'))).rows.map(({ row }) => row);
const digest = (files: Map<string, TableFile>) => [...files.values()].map(({ content }) => createHash('sha256').update(content).digest('hex'));

test('each table has the CDM’s columns in order and type, and every row', async () => {
  const rows = await cohort();
  const files = await write(stage('types.ndjson', rows));
  assert.deepEqual([...files.keys()], OMOP_TABLE_NAMES);
  for (const table of OMOP_TABLE_NAMES) {
    const path = join(folder, `check-${table}.parquet`);
    writeFileSync(path, files.get(table)!.content);
    const columns = await withDuckDb(async (connection) =>
      (await connection.runAndReadAll(`SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet(${literal(path)}))`)).getRowObjects(),
    );
    assert.deepEqual(Object.fromEntries(columns.map((column) => [column['column_name'], column['column_type']])), OMOP_TABLES[table].columns);
    assert.deepEqual(
      columns.map((column) => column['column_name']),
      Object.keys(OMOP_TABLES[table].columns),
    );
    assert.equal(files.get(table)!.rows, rows.filter((row) => row.table === table).length);
  }
});

test('what is read back is what was staged', async () => {
  const rows = await cohort();
  const files = await write(stage('values.ndjson', rows));
  const path = join(folder, 'check-values.parquet');
  writeFileSync(path, files.get('measurement')!.content);
  const read = await withDuckDb(async (connection) =>
    (
      await connection.runAndReadAll(
        `SELECT measurement_id::VARCHAR AS id, person_id::DOUBLE AS person, value_as_number AS number, value_source_value AS text, measurement_date::VARCHAR AS at FROM read_parquet(${literal(path)})`,
      )
    ).getRowObjects(),
  );
  const staged = rows.flatMap((row) =>
    row.table === 'measurement' ? [{ id: row.measurement_id, person: row.person_id, number: row.value_as_number, text: row.value_source_value, at: row.measurement_date }] : [],
  );
  const byId = (a: { id?: unknown }, b: { id?: unknown }) => (String(a.id) < String(b.id) ? -1 : 1);
  assert.deepEqual(read.map((row) => ({ ...row })).sort(byId), staged.sort(byId));
});

test('the same rows in another order make the same bytes', async () => {
  const rows = await cohort();
  assert.deepEqual(digest(await write(stage('a.ndjson', rows))), digest(await write(stage('b.ndjson', rows.toReversed()))));
});

test('one changed value changes its table’s bytes and no other’s', async () => {
  const rows = await cohort();
  const dose = rows.findIndex((row) => row.table === 'measurement' && row.measurement_source_value === 'warfarin_weekly_dose');
  assert.ok(dose >= 0);
  const changed = rows.with(dose, { ...rows[dose], value_as_number: 1234 } as OmopRow);
  const [before, now] = [await write(stage('before.ndjson', rows)), await write(stage('now.ndjson', changed))];
  assert.deepEqual(
    OMOP_TABLE_NAMES.filter((table) => !before.get(table)!.content.equals(now.get(table)!.content)),
    ['measurement'],
  );
});

test('a table without rows is written with its columns', async () => {
  const files = await write(
    stage(
      'empty.ndjson',
      (await cohort()).filter(({ table }) => table === 'person'),
    ),
  );
  assert.equal(files.get('observation')!.rows, 0);
  assert.ok(files.get('observation')!.content.length > 0);
});

test('a row identifier that comes twice and a missing required value are faults', async () => {
  const rows = await cohort();
  const person = rows.find(({ table }) => table === 'person')!;
  await assert.rejects(write(stage('twice.ndjson', [...rows, person])), /person holds 251 rows with 250 different person_id/);
  await assert.rejects(write(stage('lacking.ndjson', [{ ...person, year_of_birth: null } as OmopRow])), /person holds 1 rows without a value for one of/);
});

test('people are counted over files, and two behind one person_id are found', async () => {
  const rows = (await cohort()).filter(({ table }) => table === 'person');
  const save = async (name: string, people: OmopRow[]) => {
    const path = join(folder, `${name}.parquet`);
    writeFileSync(path, (await write(stage(`${name}.ndjson`, people))).get('person')!.content);
    return path;
  };
  const [one, two] = [await save('one', rows.slice(0, 150)), await save('two', rows.slice(100))];
  assert.deepEqual(await countPersons([one, two]), { persons: 250, collisions: 0 });
  const other = await save('other', [{ ...rows[0]!, person_source_value: 'someone else' } as OmopRow]);
  assert.deepEqual(await countPersons([one, two, other]), { persons: 250, collisions: 1 });
});
