import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Curated, type Curation, type TableFile, curate } from '../../../lambdas/adapters/curation.ts';
import { literal, withDuckDb } from '../../../lambdas/adapters/duckdb.ts';
import { peopleIn } from '../../../lambdas/adapters/person-files.ts';
import { safeHarborShiftDays } from '../../../lambdas/domain/lake/deidentified-date.ts';
import { OMOP_TABLES, type OmopTable } from '../../../lambdas/domain/lake/omop-tables.ts';
import { ingestFile } from './ingest-file.ts';
import { type FlatRow, stageRows } from './staged-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'lake-test-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

const stage = (rows: readonly FlatRow[]): string[] => stageRows(folder, String(++files), rows);
type Made = { tables: Map<string, TableFile>; counts: Curated };
const make = async (rows: readonly FlatRow[], options: Partial<Curation> = {}): Promise<Made> => {
  const tables: Made['tables'] = new Map();
  const counts = await curate({ staged: stage(rows), earlier: [], folder, shifts: null, oldestYears: null, ...options }, async (file) => void tables.set(file.table, file));
  return { tables, counts };
};
const save = (file: TableFile): string => {
  const path = join(folder, `${++files}.parquet`);
  writeFileSync(path, file.content);
  return path;
};
const read = (file: TableFile, select = '*'): Promise<Record<string, unknown>[]> =>
  withDuckDb(async (connection) => (await connection.runAndReadAll(`SELECT ${select} FROM read_parquet(${literal(save(file))})`)).getRowObjects());
const cohort = async () => (await ingestFile(readFileSync(join(import.meta.dirname, '../../../local/cohort/external.csv'), 'utf8'))).rows.map(({ row }) => row);
const digests = ({ tables }: Made) => Object.fromEntries([...tables].map(([table, { content }]) => [table, createHash('sha256').update(content).digest('hex')]));

test('each table has the CDM’s columns in order and type, then the record’s key, and every row', async () => {
  const rows = await cohort();
  const { tables, counts } = await make(rows);
  assert.deepEqual([...tables.keys()].sort(), [...new Set([...rows.map(({ table }) => table), 'record'])].sort());
  for (const [table, file] of tables) {
    if (table === 'record') continue;
    const columns = await withDuckDb(async (connection) =>
      (await connection.runAndReadAll(`SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet(${literal(save(file))}))`)).getRowObjects(),
    );
    assert.deepEqual(
      columns.map((column) => [column['column_name'], column['column_type']]),
      [...Object.entries(OMOP_TABLES[table as OmopTable].columns), ['record_key', 'VARCHAR']],
    );
    if (table !== 'care_site') assert.equal(file.rows, rows.filter((row) => row.table === table).length);
  }
  assert.equal(tables.get('care_site')!.rows, new Set(rows.flatMap((row) => row['care_site_id'] ?? [])).size);
  assert.deepEqual(counts, { records: 250, superseded: 0, deleted: 0, patients: 250 });
});

test('what is read back is what was staged', async () => {
  const rows = await cohort();
  const { tables } = await make(rows);
  const found = await read(
    tables.get('measurement')!,
    'measurement_id::VARCHAR AS id, person_id::DOUBLE AS person, value_as_number AS number, value_source_value AS text, measurement_date::VARCHAR AS at',
  );
  const staged = rows
    .filter(({ table }) => table === 'measurement')
    .map((row) => ({ id: row['measurement_id'], person: row['person_id'], number: row['value_as_number'] ?? null, text: row['value_source_value'], at: row['measurement_date'] }));
  const byId = (a: { id?: unknown }, b: { id?: unknown }) => (String(a.id) < String(b.id) ? -1 : 1);
  assert.deepEqual(found.map((row) => ({ ...row }) as { id?: unknown }).sort(byId), staged.sort(byId));
});

test('the same rows in another order, or each twice, make the same bytes', async () => {
  const rows = await cohort();
  const once = digests(await make(rows));
  assert.deepEqual(digests(await make(rows.toReversed())), once);
  assert.deepEqual(digests(await make([...rows, ...rows])), once);
});

test('one changed value changes its table’s bytes and no other’s', async () => {
  const rows = await cohort();
  const dose = rows.findIndex((row) => row.table === 'measurement' && row['measurement_source_value'] === 'warfarin_weekly_dose');
  assert.ok(dose >= 0);
  const [before, now] = [digests(await make(rows)), digests(await make(rows.with(dose, { ...rows[dose]!, value_as_number: 1234 })))];
  assert.deepEqual(
    Object.keys(before).filter((table) => before[table] !== now[table]),
    ['measurement'],
  );
});

test('a missing required value is a fault', async () => {
  const person = (await cohort()).find(({ table }) => table === 'person')!;
  await assert.rejects(make([{ ...person, year_of_birth: null }]), /person holds 1 rows without a value for one of/);
});

const MAIN = {
  table: 'person' as const,
  record_key: 'p',
  source_location: 'row 1',
  person_id: 8,
  gender_concept_id: 0,
  race_concept_id: 0,
  ethnicity_concept_id: 0,
  person_source_value: 'x',
};
const measured = (day: string, time: string, id: string): FlatRow => ({
  table: 'measurement',
  record_key: `m${id}`,
  source_location: 'row 2',
  person_id: 8,
  measurement_id: id,
  measurement_concept_id: 0,
  measurement_date: day,
  measurement_datetime: `${day}T${time}`,
  measurement_type_concept_id: 0,
});
const safeHarbor = async (firstDays: readonly { personId: number; date: string }[]) => new Map(firstDays.map(({ personId, date }) => [personId, safeHarborShiftDays(date)]));

test('Safe Harbor: the first contact becomes 1 January of its year, intervals and times of day stay', async () => {
  const { tables } = await make([{ ...MAIN, year_of_birth: 1950 }, measured('2014-05-17', '08:30:00', '2'), measured('2014-03-02', '23:59:59', '1')], {
    shifts: safeHarbor,
    oldestYears: 90,
  });
  assert.deepEqual(await read(tables.get('measurement')!, 'measurement_date::VARCHAR AS day, measurement_datetime::VARCHAR AS at'), [
    { day: '2014-01-01', at: '2014-01-01 23:59:59' },
    { day: '2014-03-18', at: '2014-03-18 08:30:00' },
  ]);
  assert.deepEqual(await read(tables.get('person')!, 'year_of_birth'), [{ year_of_birth: 1950 }]);
});

test('Safe Harbor: all who reach 90 are one class', async () => {
  const born = async (year: number) => {
    const { tables } = await make([{ ...MAIN, year_of_birth: year }, measured('2014-03-02', '10:00:00', '1'), measured('2016-03-02', '10:00:00', '2')], {
      shifts: safeHarbor,
      oldestYears: 90,
    });
    return (await read(tables.get('person')!, 'year_of_birth'))[0]!['year_of_birth'];
  };
  assert.deepEqual([await born(1910), await born(1925), await born(1926), await born(1927)], [1926, 1926, 1926, 1927]);
});

test('records that the lake held before are told, deleted ones as well', async () => {
  const first = await make([
    { ...MAIN, year_of_birth: 1950 },
    { table: 'record', record_key: 'p', source_location: 'row 1', person_id: 8 },
  ]);
  const second = await make(
    [
      { table: 'record', record_key: 'p', source_location: 'row 1', person_id: 8 },
      { table: 'record', record_key: 'q', source_location: 'row 2', person_id: 8 },
      { table: 'deletion', record_key: 'z', source_location: 'row 3' },
    ],
    { earlier: [save(first.tables.get('record')!)] },
  );
  assert.deepEqual(second.counts, { records: 2, superseded: 1, deleted: 1, patients: 1 });
});

test('people are counted over files, and two behind one person_id are found', async () => {
  const rows = (await cohort()).filter(({ table }) => table === 'person');
  const people = async (some: FlatRow[]) => save((await make(some)).tables.get('person')!);
  const [one, two] = [await people(rows.slice(0, 150)), await people(rows.slice(100))];
  const { people: found, collisions } = await peopleIn({ persons: [one, two], records: [] });
  assert.deepEqual([new Set(found).size, collisions], [250, 0]);
  const other = await people([{ ...rows[0]!, person_source_value: 'someone else' }]);
  assert.equal((await peopleIn({ persons: [one, two, other], records: [] })).collisions, 1);
});
