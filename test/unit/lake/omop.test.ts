import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { curate } from '../../../lambdas/adapters/curation.ts';
import { literal, withDuckDb } from '../../../lambdas/adapters/duckdb.ts';
import { withScratch } from '../../../lambdas/adapters/scratch.ts';
import { OmopMap } from '../../../lambdas/domain/lake/formats/omop/map.ts';
import { Identifier } from '../../../lambdas/domain/lake/identify.ts';
import { FIXTURES, MAP, SECRET, type Staged, folderOf, stage, told } from './omop-set.ts';

const identifier = new Identifier(SECRET, MAP.namespace);
const keyOf = (record: string) => identifier.recordKey(record);
const personOf = (subject: string) => String(identifier.person(subject).personId);
const counts = ({ set }: Staged) => Object.fromEntries(set.files.flatMap(({ rows }) => Object.entries(rows)));
const rowOf = ({ rows }: Staged, table: string, record: string) => told(rows.find((row) => row['table'] === table && row['record_key'] === keyOf(record)));

describe('a CDM 5.3 as CSV', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'omop-test-'));
  let cdm: Staged;
  before(async () => {
    cdm = await stage(folderOf('cdm-5.3'), scratch);
  });
  after(() => rmSync(scratch, { recursive: true }));

  test('every row of every kept table is admitted', () => {
    assert.deepEqual(counts(cdm), {
      care_site: 1,
      condition_occurrence: 2,
      death: 1,
      drug_exposure: 2,
      fact_relationship: 6,
      location: 4,
      measurement: 4,
      observation_period: 3,
      person: 3,
      provider: 1,
      specimen: 1,
      visit_detail: 3,
      visit_occurrence: 3,
    });
    assert.equal(cdm.quarantine, '');
    assert.deepEqual(cdm.reading('CDM_SOURCE.csv').admitted, 1);
    assert.deepEqual(cdm.set.sites, ['31']);
  });

  test('each admitted record has one record row', () => {
    const records = cdm.rows.filter((row) => row['table'] === 'record');
    assert.equal(
      records.length,
      cdm.set.files.reduce((total, { admitted }) => total + admitted, 0),
    );
    assert.equal(new Set(records.map((row) => row['record_key'])).size, records.length);
  });

  test('notes are refused with what they are, not read', () => {
    assert.deepEqual(cdm.reading('NOTE.csv').refused, { reason: 'not-kept', detail: 'the file is the CDM’s note table, which is not taken in: notes are free text' });
  });

  test('a row has the identifiers that the core makes, and its references lead to the rows they name', () => {
    const [made] = identifier.rows([{ table: 'measurement', subject: '1', record: 'measurement 1001', visit: 'visit_occurrence 101', values: {} }], 'row 1');
    assert.deepEqual(rowOf(cdm, 'measurement', 'measurement 1001'), {
      table: 'measurement',
      record_key: made!.record_key,
      source_location: 'row 1',
      measurement_id: made!.own.id,
      person_id: String(made!.own.person_id),
      measurement_concept_id: 3022217,
      measurement_date: '2015-02-03',
      measurement_datetime: '2015-02-03 09:40:00',
      measurement_time: '09:40',
      measurement_type_concept_id: 32856,
      operator_concept_id: 4172703,
      value_as_number: 2.4,
      unit_concept_id: 8523,
      range_low: 2,
      range_high: 3,
      provider_id: rowOf(cdm, 'provider', 'provider 21')['provider_id'],
      visit_occurrence_id: made!.own.visit_occurrence_id,
      measurement_source_value: '6301-6',
      measurement_source_concept_id: 3022217,
      value_source_value: '2.4',
    });
    const [site] = identifier.rows([{ table: 'care_site', subject: null, record: 'care_site 31', careSite: '31', values: {} }], 'row 1');
    const person = rowOf(cdm, 'person', 'person 1');
    assert.equal(person['care_site_id'], String(site!.own.care_site_id));
    assert.equal(person['location_id'], rowOf(cdm, 'location', 'location 11')['location_id']);
    assert.equal(
      rowOf(cdm, 'visit_occurrence', 'visit_occurrence 102')['preceding_visit_occurrence_id'],
      rowOf(cdm, 'visit_occurrence', 'visit_occurrence 101')['visit_occurrence_id'],
    );
    assert.equal(rowOf(cdm, 'visit_occurrence', 'visit_occurrence 103')['preceding_visit_occurrence_id'], undefined);
  });

  test('columns that 5.4 renamed keep what they say', () => {
    const visit = rowOf(cdm, 'visit_occurrence', 'visit_occurrence 102');
    assert.equal(visit['admitted_from_concept_id'], 8870);
    assert.equal(visit['admitted_from_source_value'], 'ER');
    assert.equal(rowOf(cdm, 'visit_occurrence', 'visit_occurrence 101')['discharged_to_source_value'], 'home');
  });

  test('a part of a visit leads to the visit and to the parts before and above it; other rows lead to the part where the set has it', () => {
    const idOf = (record: string) => rowOf(cdm, 'visit_detail', record)['visit_detail_id'];
    const [made] = identifier.rows([{ table: 'visit_detail', subject: '1', record: 'visit_detail 202', visit: 'visit_occurrence 102', careSite: '31', values: {} }], 'row 2');
    assert.deepEqual(rowOf(cdm, 'visit_detail', 'visit_detail 202'), {
      table: 'visit_detail',
      record_key: made!.record_key,
      source_location: 'row 2',
      visit_detail_id: made!.own.id,
      person_id: String(made!.own.person_id),
      visit_detail_concept_id: 9201,
      visit_detail_start_date: '2015-03-03',
      visit_detail_end_date: '2015-03-05',
      visit_detail_type_concept_id: 32827,
      care_site_id: String(made!.own.care_site_id),
      visit_detail_source_value: 'inpatient',
      visit_detail_source_concept_id: 0,
      admitted_from_concept_id: 0,
      discharged_to_source_value: 'home',
      discharged_to_concept_id: 0,
      preceding_visit_detail_id: idOf('visit_detail 201'),
      parent_visit_detail_id: idOf('visit_detail 201'),
      visit_occurrence_id: made!.own.visit_occurrence_id,
    });
    const { admitted_from_concept_id, admitted_from_source_value, visit_detail_source_value } = rowOf(cdm, 'visit_detail', 'visit_detail 201');
    assert.deepEqual([admitted_from_concept_id, admitted_from_source_value, visit_detail_source_value], [8870, 'ER', undefined]);
    assert.equal(rowOf(cdm, 'visit_detail', 'visit_detail 203')['preceding_visit_detail_id'], undefined);
    const partsOf = [1001, 1002, 1003].map((key) => rowOf(cdm, 'measurement', `measurement ${key}`)['visit_detail_id']);
    assert.deepEqual(partsOf, [undefined, idOf('visit_detail 201'), undefined]);
  });

  test('a relationship leads to the rows that it joins and belongs to their patient; between places it belongs to nobody', () => {
    const factOf = (record: string) => rowOf(cdm, 'fact_relationship', `fact_relationship ${record}`);
    const idOf = (table: string, key: number) => rowOf(cdm, table, `${table} ${key}`)[`${table}_id`];
    const [made] = identifier.rows([{ table: 'fact_relationship', subject: '1', record: 'fact_relationship 36 4001 21 1001 44818854', values: {} }], 'row 1');
    assert.deepEqual(factOf('36 4001 21 1001 44818854'), {
      table: 'fact_relationship',
      record_key: made!.record_key,
      source_location: 'row 1',
      domain_concept_id_1: 36,
      fact_id_1: idOf('specimen', 4001),
      domain_concept_id_2: 21,
      fact_id_2: idOf('measurement', 1001),
      relationship_concept_id: 44818854,
      fact_relationship_id: made!.own.id,
      person_id: personOf('1'),
    });
    const facts = (record: string) => [factOf(record)['fact_id_1'], factOf(record)['fact_id_2'], factOf(record)['person_id']];
    assert.deepEqual(facts('21 1001 36 4001 44818756'), [idOf('measurement', 1001), idOf('specimen', 4001), personOf('1')]);
    assert.deepEqual(facts('13 2001 19 3001 44818721'), [idOf('drug_exposure', 2001), idOf('condition_occurrence', 3001), personOf('1')]);
    assert.deepEqual(facts('56 1 1147332 102 44818721'), [personOf('1'), idOf('visit_occurrence', 102), personOf('1')]);
    assert.deepEqual(facts('21 1003 33 21 44818721'), [idOf('measurement', 1003), idOf('provider', 21), personOf('2')]);
    const site = rowOf(cdm, 'care_site', 'care_site 31')['care_site_id'];
    assert.deepEqual(facts('57 31 57 31 46233688'), [site, site, undefined]);
  });

  test('all rows of one patient are in one partition of every table', async () => {
    const homes = new Map<unknown, Set<number>>();
    for (const { partition, path } of cdm.set.partitions)
      await withDuckDb(async (connection) => {
        for (const [person] of (await connection.runAndReadAll(`SELECT DISTINCT person_id FROM read_parquet(${literal(path)}) WHERE person_id IS NOT NULL`)).getRows())
          homes.set(String(person), (homes.get(String(person)) ?? new Set()).add(partition));
      });
    assert.equal(homes.size, 3);
    for (const partitions of homes.values()) assert.equal(partitions.size, 1);
  });

  test('where a source value was no code, the concept’s own code stands, which models know', () => {
    assert.equal(rowOf(cdm, 'measurement', 'measurement 1002')['measurement_source_value'], '6301-6');
    assert.equal(rowOf(cdm, 'drug_exposure', 'drug_exposure 2002')['drug_source_value'], '11289');
    assert.equal(rowOf(cdm, 'drug_exposure', 'drug_exposure 2001')['drug_source_value'], '855332');
  });

  test('of an address the state and the three-digit ZIP area stay, a sparse one as 000', () => {
    const places = [11, 12, 13].map((key) => rowOf(cdm, 'location', `location ${key}`)).map(({ state, zip }) => [state, zip]);
    assert.deepEqual(places, [
      ['MA', '021'],
      ['WY', '000'],
      [undefined, undefined],
    ]);
  });

  test('no identifier of the source reaches a staged row, a finding or a refusal', () => {
    const said = JSON.stringify([cdm.rows, cdm.set.files]);
    const planted = /planted|MRN|617-555|example|123-45-6789|1987654321|PL1234563|02139|82190|02115|Creek|"1961"|-17T|5f1c2c9e/i;
    assert.doesNotMatch(said, planted);
    // the same words are in the source: the expression finds them where they are
    const source = folderOf('cdm-5.3')
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n');
    for (const word of planted.source.split('|')) if (!word.startsWith('"')) assert.match(source, new RegExp(word, 'i'));
    for (const person of cdm.rows.filter((row) => row['table'] === 'person')) {
      const { month_of_birth, day_of_birth, birth_datetime } = person;
      assert.deepEqual([month_of_birth ?? null, day_of_birth ?? null, birth_datetime ?? null], [null, null, null]);
      assert.equal(String(person['person_source_value']).length, 43);
    }
  });

  test('Parquet, gzip and another order of files and rows make the same rows as plain CSV', async () => {
    const without = ({ rows }: Staged) => rows.map(({ source_location, ...row }) => JSON.stringify(Object.entries(told(row)).sort())).sort();
    await withScratch(async (folder) => {
      const other = folderOf('cdm-5.3')
        .reverse()
        .map((path, index) => [path, join(folder, `other-${index}`), index] as const);
      await withDuckDb(async (connection) => {
        for (const [from, to, index] of other) {
          const rows = `SELECT * FROM read_csv(${literal(from)}, header = true${index % 3 === 0 ? '' : ', all_varchar = true'}) ORDER BY 1 DESC`;
          if (index % 2 === 0) await connection.run(`COPY (${rows}) TO ${literal(to)} (FORMAT parquet)`);
          else writeFileSync(to, gzipSync(readFileSync(from)));
        }
      });
      const again = await stage(
        other.map(([, path]) => path),
        folder,
      );
      assert.equal(again.quarantine, '');
      // a single cdm_source row is named by its place, which is the same
      assert.deepEqual(without(again), without(cdm));
    });
  });

  test('the staged rows are curated under Safe Harbor', async () => {
    await withScratch(async (folder) => {
      const tables = new Map<string, number>();
      for (const { path } of cdm.set.partitions) {
        await curate({ staged: [path], earlier: [], folder, shifts: async () => new Map(), oldestYears: 90 }, async ({ table, rows }) => {
          tables.set(table, (tables.get(table) ?? 0) + rows);
        });
      }
      assert.equal(tables.get('measurement'), 4);
      assert.equal(tables.get('person'), 3);
      assert.deepEqual([tables.get('visit_detail'), tables.get('fact_relationship')], [3, 6]);
      assert.equal(tables.get('record'), 35);
    });
  });
});

describe('a CDM 5.4, tab-separated, with bad rows', () => {
  let cdm: Staged;
  before(async () => {
    cdm = await withScratch((folder) => stage(folderOf('cdm-5.4'), folder));
  });
  const findings = (name: string) => Object.fromEntries(cdm.reading(name).quarantined.map((bad) => [bad.where, bad.findings.map(({ field, reason }) => `${field} ${reason}`)]));

  test('each bad row is left out with its reason, those beside it stay', () => {
    assert.deepEqual(findings('measurement.tsv'), {
      'row 2': ['measurement_date unparsable-date'],
      'row 3': ['value_as_number unparsable-number'],
      'row 4': ['measurement_date missing-value'],
      'row 5': ['measurement_concept_id wrong-type'],
      'row 6': ['person_id missing-key'],
      'row 7': ['person_id broken-reference'],
      'row 8': ['visit_occurrence_id broken-reference'],
      'row 9': ['measurement_concept_id impossible-value', 'measurement_date impossible-value'],
      'row 12': ['null wrong-column-count'],
    });
    assert.equal(cdm.reading('measurement.tsv').read, 12);
    assert.equal(cdm.reading('measurement.tsv').admitted, 3);
    assert.deepEqual(findings('visit_occurrence.tsv'), { 'row 2': ['person_id broken-reference'] });
    assert.deepEqual(findings('visit_detail.tsv'), {
      'row 1': ['visit_detail_id duplicate-record'],
      'row 2': ['visit_occurrence_id missing-value'],
      'row 3': ['visit_occurrence_id missing-value'],
      'row 4': ['visit_occurrence_id broken-reference'],
      'row 5': ['person_id broken-reference'],
      'row 7': ['visit_detail_concept_id wrong-type'],
      'row 8': ['parent_visit_detail_id wrong-type'],
    });
    assert.equal(cdm.reading('visit_detail.tsv').admitted, 2);
  });

  test('a relationship is left out that names no row of the lake, one that was left out, or rows of two patients', () => {
    assert.deepEqual(findings('fact_relationship.tsv'), {
      'row 2': ['fact_id_1 duplicate-record'],
      'row 3': ['fact_id_2 two-patients'],
      'row 4': ['domain_concept_id_2 broken-reference'],
      'row 5': ['fact_id_1 broken-reference'],
      'row 6': ['fact_id_1 broken-reference'],
      'row 7': ['fact_id_1 broken-reference'],
      'row 8': ['domain_concept_id_1 wrong-type'],
      'row 9': ['fact_id_1 missing-value'],
      'row 10': ['relationship_concept_id impossible-value'],
      'row 11': ['fact_id_2 two-patients'],
      'row 12': ['fact_id_2 broken-reference'],
      'row 13': ['fact_id_1 broken-reference'],
      'row 16': ['fact_id_1 broken-reference'],
    });
    assert.equal(cdm.reading('fact_relationship.tsv').admitted, 3);
  });

  test('of a person said twice differently one stays, whichever comes first', async () => {
    const duplicate = Object.entries(findings('person.tsv')).filter(([, reasons]) => reasons.includes('person_id duplicate-record'));
    assert.equal(duplicate.length, 1);
    await withScratch(async (folder) => {
      const [header, ...lines] = readFileSync(join(FIXTURES, 'cdm-5.4', 'person.tsv'), 'utf8')
        .trimEnd()
        .split('\n');
      const turned = join(folder, 'person.tsv');
      writeFileSync(turned, `${[header, ...lines.reverse()].join('\n')}\n`);
      const again = await stage([turned], folder);
      const yearOf = ({ rows }: Staged) => rows.find((row) => row['record_key'] === keyOf('person 2') && row['table'] === 'person')!['year_of_birth'];
      assert.equal(yearOf(again), yearOf(cdm));
    });
  });

  test('pandas’ whole numbers with a decimal point and dates without hyphens are read', () => {
    const { measurement_type_concept_id, measurement_date, value_as_number } = rowOf(cdm, 'measurement', 'measurement 10');
    assert.deepEqual([measurement_type_concept_id, measurement_date, value_as_number], [32856, '2020-01-02', 2.5]);
  });

  test('an unknown code stays as concept 0 with the source’s code where its check digit holds', () => {
    const { measurement_concept_id, measurement_source_value } = rowOf(cdm, 'measurement', 'measurement 11');
    assert.deepEqual([measurement_concept_id, measurement_source_value], [0, undefined]);
  });

  test('the quarantine has the text of every row that was left out', () => {
    const lines = cdm.quarantine
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { file: number; where: string; text: string });
    assert.equal(lines.length, 34);
    assert.match(lines.find(({ where, text }) => where === 'row 2' && text.includes('2020-13-01'))!.text, /^2,1,3022217/);
  });
});

test('the example of docs/data/omop.md comes out as the page says', async () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'data', 'omop.md'), 'utf8');
  const example = /```csv\n([\s\S]*?)```/.exec(page)![1]!;
  await withScratch(async (folder) => {
    const measurement = join(folder, 'measurement.csv');
    writeFileSync(measurement, example);
    const { reading } = await stage([join(FIXTURES, 'cdm-5.3', 'PERSON.csv'), join(FIXTURES, 'cdm-5.3', 'VISIT_OCCURRENCE.csv'), measurement], folder);
    const [{ where, findings }] = reading('measurement.csv').quarantined as [{ where: string; findings: { field: string | null; reason: string }[] }];
    assert.ok(page.includes(`\`${where}  ${findings[0]!.field}  ${findings[0]!.reason}\``));
    assert.equal(reading('measurement.csv').admitted, 1);
  });
});

test('semicolons, bars and UTF-16 say the same; lines that end in CR alone are refused; results and units stay as they are written', async () => {
  const person = 'person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n1,8507,1951,0,0\n';
  const measurement = [
    'measurement_id,person_id,measurement_concept_id,measurement_date,measurement_type_concept_id,value_as_number,unit_source_value,value_source_value',
    '1,1,3022217,2015-02-03,32856,,IU/L,<0.1',
    '2,1,3022217,2015-02-04,32856,,U/L,-2.7',
    '3,1,3022217,2015-02-05,32856,,Abernethy,5551234',
    '',
  ].join('\n');
  const variants: [string, (text: string) => Buffer][] = [
    ['commas', (text) => Buffer.from(text)],
    ['semicolons', (text) => Buffer.from(text.replaceAll(',', ';'))],
    ['bars', (text) => Buffer.from(text.replaceAll(',', '|'))],
    ['UTF-16', (text) => Buffer.from(`\uFEFF${text.replaceAll(',', '\t')}`, 'utf16le')],
    ['CR', (text) => Buffer.from(text.replaceAll('\n', '\r'))],
  ];
  for (const [what, written] of variants) {
    await withScratch(async (folder) => {
      const paths = [person, measurement].map((text, index) => {
        const path = join(folder, `${index}.csv`);
        writeFileSync(path, written(text));
        return path;
      });
      const { set, rows } = await stage(paths, folder);
      if (what === 'CR') return assert.ok(set.files.every(({ refused }) => refused && /CR alone/.test(refused.detail)));
      assert.deepEqual(
        rows
          .filter((row) => row['table'] === 'measurement')
          .map((row) => [row['measurement_date'], row['unit_source_value'], row['value_source_value']].map(String))
          .sort(),
        [
          ['2015-02-03', 'IU/L', '<0.1'],
          ['2015-02-04', 'U/L', '-2.7'],
          ['2015-02-05', 'null', 'null'],
        ],
        what,
      );
    });
  }
});

test('of results that no number repeats stay those of so few digits that nobody’s number or date fits in them', async () => {
  const kept = ['2.4', '0.912', '7.35', '140.5', '37.25', '98.60', '13.00', '<0.1', '>= 90', '>2000', '<10.00', '-2.7', '-12.25', '+1.5', '-80', '≤ 5'];
  const births = ['05.1951', '12.051951', '>1951.1225', '1951.12', '1951.1', '<1951.5', '+05.1951', '12.51', '24.12', '05.12', '0.1951', '-12.1951'];
  const numbers = ['555.1234', '-1951', '-94110', '>94110', '<05551', '-122.419', '48.2082', '>471108', '+5551234', '603.555', '12.345', '-0123', '+80'];
  await withScratch(async (folder) => {
    const paths = [join(folder, 'person.csv'), join(folder, 'measurement.csv')];
    writeFileSync(paths[0]!, 'person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n1,8507,1951,0,0\n');
    const rows = [...kept, ...births, ...numbers].map((said, row) => `${row},1,3022217,2015-02-03,32856,,${said}`);
    const header = 'measurement_id,person_id,measurement_concept_id,measurement_date,measurement_type_concept_id,value_as_number,value_source_value';
    writeFileSync(paths[1]!, [header, ...rows, '99,1,3022217,2015-02-03,32856,1234.5678,1234.5678', ''].join('\n'));
    const { rows: staged } = await stage(paths, folder);
    const measured = staged.filter((row) => row['table'] === 'measurement');
    assert.equal(measured.length, kept.length + births.length + numbers.length + 1, 'the row stays without the text');
    assert.deepEqual(measured.flatMap((row) => row['value_source_value'] ?? []).sort(), [...kept, '1234.5678'].sort());
  });
});

describe('versions', () => {
  const staged = (files: Record<string, string>, map = MAP) =>
    withScratch(async (folder) => {
      const paths = Object.entries(files).map(([name, content]) => {
        writeFileSync(join(folder, name), content);
        return join(folder, name);
      });
      return stage(paths, folder, map);
    });
  const person = 'person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id,person_source_value\n1,8507,1950,0,0,A\n2,8532,1951,0,0,\n';
  const death = 'person_id,death_date,death_type_concept_id\n1,2020-01-01,32817\n3,2020-01-01,32817\n';
  const version = (said: string) => `cdm_source_name,cdm_version\nA registry,${said}\n`;

  for (const said of ['5.3', 'v5.3.1', '5.4', 'CDM v5.4.2', ''])
    test(`cdm_version “${said}” is read`, async () => {
      assert.equal((await staged({ 'person.csv': person, 'cdm_source.csv': version(said) })).reading('person.csv').admitted, 2);
    });
  for (const said of ['5.0', '5.2.2', 'v6.0', '4.0', '5.31'])
    test(`cdm_version “${said}” refuses the set`, async () => {
      const { set, rows } = await staged({ 'person.csv': person, 'cdm_source.csv': version(said) });
      assert.deepEqual(
        set.files.map(({ refused, admitted }) => [refused?.reason, admitted]),
        [
          ['wrong-version', 0],
          ['wrong-version', 0],
        ],
      );
      assert.deepEqual(rows, []);
    });

  test('columns of CDM 6 refuse a file; columns that no version has are not kept', async () => {
    const six = person.replace('person_source_value', 'death_datetime');
    assert.equal((await staged({ 'person.csv': six })).reading('person.csv').refused?.reason, 'wrong-version');
    const more = await staged({ 'person.csv': person.replace('person_source_value', 'load_table_id') });
    assert.equal(more.reading('person.csv').admitted, 2);
  });

  test('a table without a column that the CDM requires, and a file that is no table, are refused by name of what is allowed', async () => {
    const { reading } = await staged({
      'person.csv': person.replace('ethnicity_concept_id', 'ethnic'),
      'x.csv': 'Id,BIRTHDATE,SSN\n1,1950-01-01,123-45-6789\n',
      'y.csv': '',
      'z.csv': 'a\0b',
    });
    assert.deepEqual(reading('person.csv').refused, { reason: 'not-this-format', detail: 'the person table lacks the required column ethnicity_concept_id' });
    assert.match(reading('x.csv').refused!.detail, /no table of OMOP CDM 5.3 or 5.4; these are taken in: person, /);
    assert.equal(reading('y.csv').refused?.reason, 'empty');
    assert.match(reading('z.csv').refused!.detail, /binary/);
  });

  test('a person who is not in the set breaks the reference, unless the map says that people come elsewhere', async () => {
    const strict = await staged({ 'person.csv': person, 'death.csv': death });
    assert.deepEqual(strict.reading('death.csv').reasons, [{ reason: 'broken-reference', field: 'person_id', count: 1 }]);
    const elsewhere = await staged({ 'death.csv': death }, { ...MAP, elsewhere: ['person'] });
    assert.equal(elsewhere.reading('death.csv').admitted, 2);
    assert.equal(rowOf(elsewhere, 'death', 'death 3')['person_id'], personOf('3'));
  });

  test('5.3.0 named the columns of a part of a visit as a visit’s; a column with the CDM’s own name goes first', async () => {
    const visit = 'visit_occurrence_id,person_id,visit_concept_id,visit_start_date,visit_end_date,visit_type_concept_id\n5,1,9201,2020-01-01,2020-01-09,32827\n';
    const of530 =
      'visit_detail_id,person_id,visit_detail_concept_id,visit_start_date,visit_start_datetime,visit_end_date,visit_type_concept_id,visit_source_value,visit_detail_parent_id,visit_occurrence_id';
    const detail = `${of530}\n8,1,32037,2020-01-02,,2020-01-03,32827,inpatient,8,5\n`;
    const first = await staged({ 'person.csv': person, 'visit.csv': visit, 'detail.csv': detail });
    const row = rowOf(first, 'visit_detail', 'visit_detail 8');
    assert.deepEqual([row['visit_detail_start_date'], row['visit_detail_type_concept_id'], row['visit_detail_source_value']], ['2020-01-02', 32827, 'inpatient']);
    assert.equal(row['parent_visit_detail_id'], row['visit_detail_id']);
    const both = detail.replace('visit_start_datetime', 'visit_detail_start_date').replace('2020-01-02,,', '2020-01-01,2020-01-02,');
    const second = await staged({ 'person.csv': person, 'visit.csv': visit, 'detail.csv': both });
    assert.equal(rowOf(second, 'visit_detail', 'visit_detail 8')['visit_detail_start_date'], '2020-01-02');
    const six = detail.replace('visit_source_value', 'discharge_to_concept_id').replace('visit_start_datetime', 'admitted_from_concept_id');
    assert.equal((await staged({ 'person.csv': person, 'detail.csv': six })).reading('detail.csv').refused?.reason, 'wrong-version');
    const elsewhere = await staged({ 'person.csv': person, 'detail.csv': detail.replace('8,5\n', '7,5\n') }, { ...MAP, elsewhere: ['visit_occurrence', 'visit_detail'] });
    const apart = rowOf(elsewhere, 'visit_detail', 'visit_detail 8');
    assert.equal(apart['visit_occurrence_id'], rowOf(first, 'visit_occurrence', 'visit_occurrence 5')['visit_occurrence_id']);
    assert.match(String(apart['parent_visit_detail_id']), /^\d+$/);
  });

  test('a relationship is the patient’s by whom the source knows people, also where these come elsewhere', async () => {
    const visit =
      'visit_occurrence_id,person_id,visit_concept_id,visit_start_date,visit_end_date,visit_type_concept_id\n5,1,9202,2020-01-01,2020-01-01,32827\n6,2,9202,2020-01-01,2020-01-01,32827\n';
    const header = 'domain_concept_id_1,fact_id_1,domain_concept_id_2,fact_id_2,relationship_concept_id,person_id,fact_relationship_id';
    const facts = `${header}\n8,5,56,1.0,44818721,9,9\n8,5,8,6,44818721,9,9\n8,5,8,7,44818721,9,9\n`;
    const reasons = ({ reading }: Staged) => reading('facts.csv').reasons.map(({ field, reason, count }) => `${field} ${reason} ${count}`);
    const elsewhere = await staged({ 'visit.csv': visit, 'facts.csv': facts }, { ...MAP, elsewhere: ['person', 'visit_occurrence'] });
    assert.deepEqual(reasons(elsewhere), ['fact_id_2 broken-reference 1', 'fact_id_2 two-patients 1']);
    const here = await staged({ 'person.csv': person, 'visit.csv': visit, 'facts.csv': facts });
    const told = (set: Staged) => rowOf(set, 'fact_relationship', 'fact_relationship 8 5 56 1 44818721');
    assert.deepEqual(told(elsewhere), told(here));
    assert.deepEqual([told(here)['fact_id_2'], told(here)['person_id']], [personOf('1'), personOf('1')]);
    // two keys of one patient
    const same = await staged(
      { 'person.csv': person.replace('0,0,\n', '0,0,A\n'), 'visit.csv': visit, 'facts.csv': facts },
      OmopMap.parse({ ...MAP, subject: 'person_source_value' }),
    );
    assert.deepEqual(reasons(same), ['fact_id_2 broken-reference 1']);
    assert.deepEqual([told(same)['fact_id_2'], told(same)['person_id']], [personOf('A'), personOf('A')]);
  });

  test('people may be known by person_source_value, so that another source with the same keys tells of the same people', async () => {
    const map = OmopMap.parse({ ...MAP, subject: 'person_source_value' });
    const { reading, rows } = await staged({ 'person.csv': person, 'death.csv': death.replace('3,', '2,') }, map);
    assert.deepEqual(reading('person.csv').reasons, [{ reason: 'missing-key', field: 'person_source_value', count: 1 }]);
    assert.deepEqual(reading('death.csv').reasons, [{ reason: 'broken-reference', field: 'person_id', count: 1 }]);
    assert.equal(rows.find((row) => row['table'] === 'death')!['person_id'], personOf('A'));
    assert.throws(() => OmopMap.parse({ ...MAP, subject: 'person_source_value', elsewhere: ['person'] }), /must not name person/);
  });
});

test('damaged compression and Parquet refuse their file alone', async () => {
  await withScratch(async (folder) => {
    const person = join(FIXTURES, 'cdm-5.3', 'PERSON.csv');
    const gzip = join(folder, 'visit.gz');
    writeFileSync(gzip, gzipSync(readFileSync(join(FIXTURES, 'cdm-5.3', 'VISIT_OCCURRENCE.csv'))).subarray(0, -12));
    const parquet = join(folder, 'measurement.parquet');
    await withDuckDb((connection) =>
      connection.run(`COPY (FROM read_csv(${literal(join(FIXTURES, 'cdm-5.3', 'MEASUREMENT.csv'))}, header = true)) TO ${literal(parquet)} (FORMAT parquet)`),
    );
    writeFileSync(parquet, readFileSync(parquet).subarray(0, -30));
    const { reading, set } = await stage([person, gzip, parquet], folder);
    assert.equal(reading('PERSON.csv').admitted, 3);
    assert.equal(reading('visit.gz').refused?.reason, 'malformed');
    assert.equal(reading('measurement.parquet').refused?.reason, 'malformed');
    assert.equal(set.files.length, 3);
  });
});

const SYNTHEA = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'data', 'omop-synthea-csv', 'synthea');
const present = (() => {
  try {
    return readdirSync(SYNTHEA).length > 0;
  } catch {
    return false;
  }
})();

test('Synthea’s own CSV export is no CDM: each of its files is refused', { skip: present ? false : '../shared/data/omop-synthea-csv is absent' }, async () => {
  await withScratch(async (folder) => {
    const { set, rows } = await stage(
      readdirSync(SYNTHEA).map((name) => join(SYNTHEA, name)),
      folder,
    );
    assert.deepEqual(new Set(set.files.map(({ refused }) => refused?.reason)), new Set(['not-this-format']));
    assert.deepEqual(rows, []);
  });
});
