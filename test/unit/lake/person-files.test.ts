import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { literal, withDuckDb } from '../../../lambdas/adapters/duckdb.ts';
import { peopleIn } from '../../../lambdas/adapters/person-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'person-files-'));
after(() => rmSync(folder, { recursive: true }));

const parquet = (name: string, sql: string): Promise<string> =>
  withDuckDb(async (connection) => {
    const path = join(folder, `${name}.parquet`);
    await connection.run(`COPY (${sql}) TO ${literal(path)} (FORMAT parquet)`);
    return path;
  });

test('people are told of by their persons and by records of sources that have no persons, each once', async () => {
  const persons = [await parquet('persons', `FROM (VALUES (2::BIGINT, 'b'), (1, 'a'), (2, 'b')) t(person_id, person_source_value)`)];
  const records = [await parquet('records', `FROM (VALUES ('r1', 1::BIGINT), ('r2', 9007199254740991), ('r3', NULL)) t(record_key, person_id)`)];
  assert.deepEqual(await peopleIn({ persons, records }), { people: [1, 2, 9007199254740991], collisions: 0 });
  assert.deepEqual(await peopleIn({ persons: [], records }), { people: [1, 9007199254740991], collisions: 0 });
  assert.deepEqual(await peopleIn({ persons: [], records: [] }), { people: [], collisions: 0 });
});

test('one person_id behind two pseudonyms is counted', async () => {
  const persons = [await parquet('collided', `FROM (VALUES (1::BIGINT, 'a'), (1, 'c'), (2, 'b')) t(person_id, person_source_value)`)];
  assert.equal((await peopleIn({ persons, records: [] })).collisions, 1);
});
