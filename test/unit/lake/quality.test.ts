import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withDuckDb } from '../../../lambdas/adapters/duckdb.ts';
import { runQualityChecks } from '../../../lambdas/adapters/quality-run.ts';
import { OMOP_TABLES } from '../../../lambdas/domain/lake/omop-tables.ts';
import { CHECKS, instancesOf } from '../../../lambdas/domain/lake/quality/checks.ts';
import { qualityPage } from '../../../lambdas/domain/lake/quality/page.ts';
import { qualityVerdict } from '../../../lambdas/domain/lake/quality/results.ts';
import { qualityOf } from './quality-of.ts';
import { breachesOf, check, createTables } from './quality-tables.ts';

test('rows that nothing is wrong with pass every check that has rows', async () => {
  const results = await check();
  assert.deepEqual(breachesOf(results), []);
  const { verdict, passed, notApplicable } = qualityVerdict(results);
  assert.equal(verdict, 'pass');
  assert.equal(passed + notApplicable, results.length);
  assert.equal(
    results.length,
    CHECKS.reduce((total, one) => total + instancesOf(one).length, 0),
  );
  const names = CHECKS.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
});

test('a table or a column that is missing, or of another type, is found, and the others are counted all the same', async () => {
  await withDuckDb(async (connection) => {
    await createTables(connection);
    await connection.run('ALTER TABLE measurement ALTER value_as_number TYPE VARCHAR');
    await connection.run('ALTER TABLE drug_exposure DROP COLUMN sig');
    await connection.run('DROP TABLE device_exposure');
    await connection.run('UPDATE condition_occurrence SET person_id = 9');
    const found = breachesOf(await runQualityChecks(connection, [{ source: 'hospital', where: 'true' }]));
    assert.deepEqual(
      found.filter((breach) => !breach.includes('device_exposure')),
      [
        'isForeignKey condition_occurrence.person_id 1/1',
        'cdmField drug_exposure.sig 1/1',
        'cdmDatatype measurement.value_as_number 1/1',
        'measurePersonCompleteness observation_period 1/3',
      ],
    );
    const absent = found.filter((breach) => breach.includes('device_exposure'));
    assert.equal(absent.length, 1 + Object.keys(OMOP_TABLES.device_exposure.columns).length);
    assert.ok(absent.includes('cdmTable device_exposure 1/1'));
  });
});

test('how complete an optional field is stands in the results', async () => {
  const results = await check();
  const { percent, threshold } = results.find(({ check: name, table, field }) => name === 'measureValueCompleteness' && table === 'person' && field === 'race_source_value')!;
  assert.deepEqual([percent, threshold], [100, 100]);
});

test('no results are no proof: the verdict is not a pass', () => {
  assert.equal(qualityVerdict([]).verdict, 'fail');
});

test('sources are judged apart, references among all', async () => {
  await withDuckDb(async (connection) => {
    await createTables(connection);
    await connection.run(
      `INSERT INTO drug_exposure BY NAME SELECT * REPLACE (41 AS drug_exposure_id, 1 AS person_id, 0 AS drug_concept_id, NULL AS drug_source_value) FROM drug_exposure`,
    );
    const results = await runQualityChecks(connection, [
      { source: 'a', where: 'true' },
      { source: 'b', where: 'false' },
    ]);
    assert.deepEqual(new Set(qualityVerdict(results).breaches.map(({ source }) => source)), new Set(['a']));
    assert.ok(results.filter(({ source }) => source === 'b').every(({ level, status, check: name }) => status === 'not-applicable' || name.startsWith('cdm') || level === 'table'));
  });
});

test('the shipped cohort passes, and its page says what was counted', { timeout: 60_000 }, async () => {
  const results = await qualityOf('synthetic-cohort', [readFileSync(join(import.meta.dirname, '../../../local/cohort/external.csv'))]);
  assert.deepEqual(breachesOf(results), []);
  const verdict = qualityVerdict(results);
  const page = qualityPage('Data quality of the shipped cohort', results, verdict);
  assert.match(page, /<span class="badge good">pass<\/span>/);
  assert.match(page, /measurement\.measurement_concept_id/);
  assert.match(page, /Thresholds of a source’s own/);
  assert.doesNotMatch(page, /undefined|NaN|\[object/);
});
