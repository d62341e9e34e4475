import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { mergeFiles } from '../../../lambdas/adapters/compaction.ts';
import { curate } from '../../../lambdas/adapters/curation.ts';
import { withDuckDb } from '../../../lambdas/adapters/duckdb.ts';
import { type PinnedFile, viewLake } from '../../../lambdas/adapters/lake-view.ts';
import { runQualityChecks } from '../../../lambdas/adapters/quality-run.ts';
import { withScratch } from '../../../lambdas/adapters/scratch.ts';
import type { DatasetManifest } from '../../../lambdas/contracts/dataset.ts';
import { FACT_CONCEPTS } from '../../../lambdas/domain/lake/formats/omop/fact-sql.ts';
import { Identifier } from '../../../lambdas/domain/lake/identify.ts';
import { OMOP_TABLE_NAMES } from '../../../lambdas/domain/lake/omop-tables.ts';
import { CHECKS, instancesOf } from '../../../lambdas/domain/lake/quality/checks.ts';
import { MAP, SECRET, folderOf, stage } from './omop-set.ts';

test('the quality check looks up each fact in the table that the ingest took it from', () => {
  const declared = instancesOf(CHECKS.find(({ name }) => name === 'isFactOfPatient')!);
  const wanted = Object.entries(FACT_CONCEPTS).flatMap(([table, concepts]) =>
    [1, 2].map((at) => `fact_id_${at} ${`domain_concept_id_${at}`} ${concepts.join(', ')} ${table} ${table}_id ${['care_site', 'provider'].includes(table) ? 'r' : 'f'}.person_id`),
  );
  assert.deepEqual(declared.map((one) => `${one.field} ${one['domainField']} ${one['domains']} ${one['fkTable']} ${one['fkField']} ${one['owner']}`).sort(), wanted.sort());
});

describe('relationships in the lake', () => {
  const folder = mkdtempSync(join(tmpdir(), 'omop-facts-'));
  const person = new Identifier(SECRET, MAP.namespace).person('1').personId;
  const ingests = [{ ingestId: 'ing_1', source: 'omop-csv', committedAt: '2026-01-01T00:00:00Z' }] as unknown as DatasetManifest['ingests'];
  const files: PinnedFile[] = [];
  before(async () => {
    const { set } = await stage(folderOf('cdm-5.3'), folder);
    for (const { path } of set.partitions)
      await curate(
        { staged: [path], earlier: [], folder, shifts: async (days) => new Map(days.map(({ personId }) => [personId, -100])), oldestYears: null },
        async ({ table, content }) => {
          const file = join(folder, `curated-${files.length}.parquet`);
          writeFileSync(file, content);
          files.push({ path: file, object: { table, ingestId: 'ing_1', use: 'development' } });
        },
      );
  });
  after(() => rmSync(folder, { recursive: true }));

  const viewed = <T>(withdrawn: number[], work: (all: (sql: string) => Promise<unknown[][]>) => Promise<T>, pinned = files): Promise<T> =>
    withDuckDb(async (connection) => {
      await viewLake(connection, { ingests, withdrawn }, pinned, OMOP_TABLE_NAMES);
      return work(async (sql) => (await connection.runAndReadAll(sql)).getRowsJson() as unknown[][]);
    });
  const FACTS = 'SELECT fact_id_1, fact_id_2, person_id FROM fact_relationship ORDER BY ALL';

  test('dates of parts of visits are moved with all others of the patient', async () => {
    const dates = await viewed([], (all) => all('SELECT visit_detail_start_date, visit_detail_start_datetime, visit_detail_end_date FROM visit_detail ORDER BY ALL'));
    assert.deepEqual(dates, [
      ['2014-11-21', '2014-11-21 11:30:00', '2014-11-23'],
      ['2014-11-23', null, '2014-11-25'],
      ['2016-04-11', null, '2016-04-11'],
    ]);
  });

  test('who withdraws takes every row along in which they are, and no other', async () => {
    const named = await viewed([], (all) => all(`SELECT fact_relationship_id FROM fact_relationship WHERE person_id = ${person} ORDER BY 1`));
    assert.equal(named.length, 4);
    await viewed([person], async (all) => {
      assert.equal((await all(FACTS)).length, 2);
      assert.deepEqual(await all(`SELECT 1 FROM fact_relationship WHERE person_id = ${person} OR ${person} IN (fact_id_1, fact_id_2)`), []);
      assert.deepEqual(await all('SELECT visit_detail_start_date FROM visit_detail'), [['2016-04-11']]);
    });
  });

  test('merged files show the same rows', async () => {
    const merged: PinnedFile[] = [];
    await mergeFiles(
      files.map(({ path, object }) => ({ path, object })),
      folder,
      async ({ table, content }) => {
        const path = join(folder, `all-${table}.parquet`);
        writeFileSync(path, content);
        merged.push({ path, object: { table, use: 'development' } });
      },
    );
    for (const sql of [FACTS, 'SELECT visit_detail_id, parent_visit_detail_id, visit_occurrence_id FROM visit_detail ORDER BY ALL'])
      assert.deepEqual(await viewed([], (all) => all(sql), merged), await viewed([], (all) => all(sql)));
  });

  test('the quality checks find each fact and part of a visit', async () => {
    const checks = CHECKS.filter(({ name }) => ['isFactOfPatient', 'isForeignKey', 'isPrimaryKey', 'isRequired', 'cdmTable', 'cdmField', 'cdmDatatype'].includes(name));
    const results = await withDuckDb(async (connection) => {
      await viewLake(connection, { ingests, withdrawn: [] }, files, OMOP_TABLE_NAMES);
      return runQualityChecks(connection, [{ source: 'omop-csv', where: 'true' }], { checks });
    });
    const ours = results.filter(({ table, field }) => ['fact_relationship', 'visit_detail'].includes(table) || field === 'visit_detail_id');
    assert.deepEqual(
      ours.filter(({ status }) => status === 'fail'),
      [],
    );
    const facts = ours.filter(({ check }) => check === 'isFactOfPatient').reduce((sum, { denominator }) => sum + denominator, 0);
    assert.equal(facts, 12);
    assert.ok(ours.some(({ check, table, denominator }) => check === 'isForeignKey' && table === 'measurement' && denominator === 1));
  });
});

/** Whose each row is, by domain and key, said a second time: `?` was left out. */
const OWNERS: Readonly<Record<number, Readonly<Record<string, string | null>>>> = {
  56: { 1: '1', 2: '2' },
  8: { 1: '1', 2: '2', 3: '1' },
  21: { 1: '1', 2: '2', 3: '2' },
  57: { 1: null },
};

test('2,000 relationships drawn at random: what is admitted, and whose it is, is what an independent look-up says', { timeout: 60_000 }, async () => {
  const domain = fc.constantFrom('56', '8', '21', '57', '21.0', '5085', '0', '', 'x');
  const key = fc.constantFrom('1', '2', '3', '4', '01', '2.0', '-1', '', 'NULL', '9'.repeat(25));
  const rows = fc.sample(fc.tuple(domain, key, domain, key, fc.constantFrom('44818721', '44818721', '0', '')), { numRuns: 2_000, seed: 20261122 });
  const whole = (cell: string): string | null => (/^-?\d{1,18}(\.0+)?$/.test(cell) ? String(Number(cell)) : null);
  const seen = new Set<string>();
  const patients = new Map<number, string | null>();
  let duplicates = 0;
  for (const [index, cells] of rows.entries()) {
    const [domain1, fact1, domain2, fact2, relationship] = cells.map(whole);
    const owner = (of: string | null | undefined, fact: string | null | undefined) => OWNERS[Number(of ?? Number.NaN)]?.[String(fact)];
    const [first, second] = [owner(domain1, fact1), owner(domain2, fact2)];
    if (first === undefined || second === undefined || relationship === null || (first !== null && second !== null && first !== second)) continue;
    const said = [domain1, fact1, domain2, fact2, relationship].join(' ');
    if (seen.has(said)) duplicates += 1;
    else patients.set(index + 1, first ?? second);
    seen.add(said);
  }
  await withScratch(async (folder) => {
    const files = {
      'person.csv': 'person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n1,8507,1950,0,0\n2,8507,1950,0,0\n',
      'visit.csv':
        'visit_occurrence_id,person_id,visit_concept_id,visit_start_date,visit_end_date,visit_type_concept_id\n1,1,0,2020-01-01,2020-01-01,0\n2,2,0,2020-01-01,2020-01-01,0\n3,1,0,2020-01-01,2020-01-01,0\n',
      // 3 came twice, for one person badly; 4 is left out
      'measurement.csv':
        'measurement_id,person_id,measurement_concept_id,measurement_date,measurement_type_concept_id\n1,1,0,2020-01-01,0\n2,2,0,2020-01-01,0\n3,1,0,2020-02-30,0\n3,2,0,2020-01-01,0\n4,1,0,,0\n',
      'care_site.csv': 'care_site_id,place_of_service_concept_id\n1,0\n',
      'facts.csv': `domain_concept_id_1,fact_id_1,domain_concept_id_2,fact_id_2,relationship_concept_id\n${rows.map((cells) => `${cells.join(',')}\n`).join('')}`,
    };
    const paths = Object.entries(files).map(([name, content]) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    });
    const { rows: staged, reading } = await stage(paths, folder);
    const identifier = new Identifier(SECRET, MAP.namespace);
    const made = staged
      .filter((row) => row['table'] === 'fact_relationship')
      .map((row) => [Number(String(row['source_location']).slice('row '.length)), row['person_id'] ?? null] as const);
    assert.deepEqual(
      made.sort(([a], [b]) => a - b),
      [...patients].map(([row, patient]) => [row, patient === null ? null : String(identifier.person(patient).personId)]),
    );
    const { admitted, read, reasons } = reading('facts.csv');
    assert.deepEqual([admitted, read], [patients.size, rows.length]);
    assert.equal(reasons.find(({ reason }) => reason === 'duplicate-record')?.count, duplicates);
    assert.ok(patients.size > 30 && reasons.some(({ reason }) => reason === 'two-patients'), `${patients.size} admitted`);
  });
});
