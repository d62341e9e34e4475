import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { curate } from '../../../lambdas/adapters/curation.ts';
import { withDuckDb } from '../../../lambdas/adapters/duckdb.ts';
import { type PinnedFile, viewLake } from '../../../lambdas/adapters/lake-view.ts';
import type { DatasetManifest } from '../../../lambdas/contracts/dataset.ts';
import { Identifier } from '../../../lambdas/domain/lake/identify.ts';
import type { Draft } from '../../../lambdas/domain/lake/reading.ts';
import { type FlatRow, flatRow, stageRows } from './staged-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'lake-view-'));
after(() => rmSync(folder, { recursive: true }));
const identifier = new Identifier(Buffer.alloc(32, 5), 'hospital');

type Said = { subject: string; record: string; weight?: number; deleted?: true };
let files = 0;

/** An ingest's Parquet files, made as the ingest makes them. */
const ingest = async (ingestId: string, use: 'development' | 'external', said: readonly Said[]): Promise<PinnedFile[]> => {
  const rows = said.flatMap(({ subject, record, weight, deleted }): FlatRow[] => {
    if (deleted) return [{ table: 'deletion', record_key: identifier.recordKey(record), source_location: 'row 1' }];
    const person: Draft = { table: 'person', subject, record, values: { gender_concept_id: 0, year_of_birth: 1950, race_concept_id: 0, ethnicity_concept_id: 0 } };
    const weighed: Draft = {
      table: 'measurement',
      subject,
      record,
      values: { measurement_concept_id: 0, measurement_date: '2014-01-01', measurement_type_concept_id: 0, value_as_number: weight ?? null },
    };
    const { personId } = identifier.person(subject);
    return [
      ...identifier.rows(weight === undefined ? [person] : [person, weighed], 'row 1').map(flatRow),
      { table: 'record', record_key: identifier.recordKey(record), source_location: 'row 1', person_id: personId },
    ];
  });
  const staged = stageRows(folder, String(++files), rows);
  const made: PinnedFile[] = [];
  await curate({ staged, earlier: [], folder, shifts: null, oldestYears: null }, async ({ table, content }) => {
    const path = join(folder, `${++files}.parquet`);
    writeFileSync(path, content);
    made.push({ path, object: { table, ingestId, use } });
  });
  return made;
};

const committed = (...ids: string[]) => ids.map((ingestId, day) => ({ ingestId, committedAt: `2026-01-0${day + 1}T00:00:00Z` })) as unknown as DatasetManifest['ingests'];

const weights = (pinned: readonly PinnedFile[], ids: string[], withdrawn: readonly string[] = []) =>
  withDuckDb(async (connection) => {
    const manifest = { ingests: committed(...ids), withdrawn: withdrawn.map((subject) => identifier.person(subject).personId) };
    await viewLake(connection, manifest, pinned, ['person', 'measurement', 'visit_occurrence']);
    const all = async (sql: string) => (await connection.runAndReadAll(sql)).getRows().map(([value]) => value);
    return {
      weights: await all('SELECT value_as_number FROM measurement ORDER BY 1'),
      people: (await all('SELECT DISTINCT person_id FROM person')).length,
      visits: await all('SELECT visit_occurrence_id FROM visit_occurrence'),
      seen: (await all("SELECT person_id FROM seen WHERE use = 'external'")).length,
    };
  });

test('a record that is said again stands as the newest ingest says it; the version that was made before is untouched', async () => {
  const first = await ingest('ing_1', 'development', [
    { subject: 'a', record: 'r1', weight: 70 },
    { subject: 'b', record: 'r2', weight: 80 },
  ]);
  const second = await ingest('ing_2', 'development', [{ subject: 'a', record: 'r1', weight: 71 }]);
  assert.deepEqual((await weights([...first, ...second], ['ing_1', 'ing_2'])).weights, [71, 80]);
  assert.deepEqual((await weights([...second, ...first], ['ing_2', 'ing_1'])).weights, [70, 80]);
  assert.deepEqual((await weights(first, ['ing_1'])).weights, [70, 80]);
});

test('a corrected record that makes fewer rows leaves none of the former', async () => {
  const first = await ingest('ing_1', 'development', [{ subject: 'a', record: 'r1', weight: 70 }]);
  const second = await ingest('ing_2', 'development', [{ subject: 'a', record: 'r1' }]);
  assert.deepEqual((await weights([...first, ...second], ['ing_1', 'ing_2'])).weights, []);
});

test('a deleted record is gone, and back when it is said again', async () => {
  const first = await ingest('ing_1', 'development', [{ subject: 'a', record: 'r1', weight: 70 }]);
  const second = await ingest('ing_2', 'development', [{ subject: 'a', record: 'r1', deleted: true }]);
  const third = await ingest('ing_3', 'development', [{ subject: 'a', record: 'r1', weight: 72 }]);
  assert.deepEqual((await weights([...first, ...second], ['ing_1', 'ing_2'])).weights, []);
  assert.deepEqual((await weights([...first, ...second, ...third], ['ing_1', 'ing_2', 'ing_3'])).weights, [72]);
});

test('who withdrew is in no table', async () => {
  const first = await ingest('ing_1', 'development', [
    { subject: 'a', record: 'r1', weight: 70 },
    { subject: 'b', record: 'r2', weight: 80 },
  ]);
  assert.deepEqual(await weights(first, ['ing_1'], ['a']), { weights: [80], people: 1, visits: [], seen: 0 });
});

test('a person who came in two files is seen in both, though one of them stands', async () => {
  const first = await ingest('ing_1', 'development', [{ subject: 'a', record: 'r1', weight: 70 }]);
  const second = await ingest('ing_2', 'external', [{ subject: 'a', record: 'r1', weight: 70 }]);
  assert.equal((await weights([...first, ...second], ['ing_2', 'ing_1'])).seen, 1);
});
