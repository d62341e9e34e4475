import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { HEADER, csvLine } from '../../../local/cohort/iwpc-row.ts';
import { ingestFile } from './ingest-file.ts';
import type { FlatRow } from './staged-rows.ts';

const cohort = (file: string): string => readFileSync(join(import.meta.dirname, '../../../local/cohort', file), 'utf8');
const EXPECTED = JSON.parse(cohort('expected.json')) as Record<string, { read: number; admitted: number; quarantinedRows: number; quarantined: unknown[] }>;
const PHI = JSON.parse(cohort('planted-phi.json')) as { subjectPrefix: string; strings: string[] };

const CSV = Object.entries(EXPECTED).filter(([name]) => !name.includes('.'));
for (const [name, expected] of CSV) {
  test(`${name}.csv: every bad row is quarantined for its reason and no good row is lost`, async () => {
    const { report, quarantined } = await ingestFile(cohort(`${name}.csv`));
    const { read, admitted, quarantinedRows, quarantined: reasons } = report;
    assert.deepEqual({ read, admitted, quarantinedRows, quarantined: reasons.map(({ examples: _, ...reason }) => reason) }, expected);
    assert.equal(quarantined.length, expected.quarantinedRows);
    assert.equal(report.rows['person'], expected.admitted);
  });
}

test('a quarantined row carries its number, its line in the file, column and reason, and its text', async () => {
  const text = cohort('development.csv');
  const { quarantined } = await ingestFile(text);
  const lines = text.split('\r\n');
  for (const { where, findings, text: kept } of quarantined) {
    assert.equal(kept, lines[Number(/^row (\d+)$/.exec(where)![1])]);
    assert.ok(findings.length > 0);
  }
  assert.deepEqual(quarantined.find(({ text: kept }) => kept.includes('5 ft 9'))!.findings, [{ field: 'Height (cm)', reason: 'unparsable-number' }]);
});

test('no planted name, phone, record number, address nor subject identifier is in a curated row or in the report', async () => {
  for (const name of ['development', 'external']) {
    const { report, rows } = await ingestFile(cohort(`${name}.csv`));
    const source = cohort(`${name}.csv`);
    const curated = `${JSON.stringify(rows)}${JSON.stringify(report)}`;
    assert.ok(PHI.strings.filter((text) => source.includes(text)).length > 10, 'the file must carry what is searched for');
    for (const text of [...PHI.strings, PHI.subjectPrefix]) assert.ok(!curated.includes(text), `"${text}" reached the lake from ${name}.csv`);
  }
});

/** A file of one row that says this and nothing else. */
const one = (cells: Record<string, string>): string => {
  const row: Record<string, string> = { 'PharmGKB Subject ID': 'S1', 'Project Site': '7', ...cells };
  return [csvLine(HEADER), csvLine(HEADER.map((name) => row[name] ?? 'NA'))].join('\n');
};
const rowsOf = async (cells: Record<string, string>): Promise<FlatRow[]> => (await ingestFile(one(cells))).rows.map(({ row }) => row);
const find = (rows: FlatRow[], table: string, sourceValue: string) =>
  rows.find((row) => row.table === table && Object.values(row).includes(sourceValue)) as Record<string, unknown> | undefined;

test('a person: concepts, a mid-decade year of birth, a pseudonym for an identifier', async () => {
  const [person] = (await rowsOf({ Gender: 'female', 'Race (OMB)': 'Asian', 'Ethnicity (OMB)': 'not Hispanic or Latino', Age: '70 - 79' })) as Record<string, unknown>[];
  assert.equal(person!['gender_concept_id'], 8532);
  assert.equal(person!['race_concept_id'], 8515);
  assert.equal(person!['ethnicity_concept_id'], 38003564);
  assert.equal(person!['year_of_birth'], 2008 - 75);
  assert.match(String(person!['person_source_value']), /^[\w-]{43}$/);
});

test('unknown gender, race and age are concept 0 and year 0, not guesses', async () => {
  const [person] = (await rowsOf({ Gender: '-99', 'Race (OMB)': 'Unknown' })) as Record<string, unknown>[];
  assert.deepEqual([person!['gender_concept_id'], person!['race_concept_id'], person!['year_of_birth']], [0, 0, 0]);
});

test('people of 90 and over are alike', async () => {
  const birth = async (Age: string) => ((await rowsOf({ Age }))[0] as Record<string, unknown>)['year_of_birth'];
  assert.equal(await birth('90+'), await birth('104'));
  assert.equal(await birth('90 - 99'), 1918);
  const age = find(await rowsOf({ Age: '97' }), 'observation', 'age_decade')!;
  assert.deepEqual([age['value_as_number'], age['value_as_string']], [9, '90+']);
});

test('measurements: height, dose, genotype', async () => {
  const rows = await rowsOf({ 'Height (cm)': '170.18', 'Therapeutic Dose of Warfarin': '35.00', 'CYP2C9 consensus': '*3/*1', 'VKORC1 -1639 consensus': 'G/A' });
  const height = find(rows, 'measurement', 'body_height')!;
  assert.deepEqual([height['measurement_concept_id'], height['value_as_number'], height['unit_source_value'], height['unit_concept_id']], [3036277, 170.18, 'cm', 8582]);
  const dose = find(rows, 'measurement', 'warfarin_weekly_dose')!;
  assert.deepEqual([dose['value_as_number'], dose['unit_source_value']], [35, 'mg/week']);
  assert.equal(find(rows, 'drug_exposure', 'warfarin')!['drug_concept_id'], 1310149);
  assert.equal(find(rows, 'measurement', 'cyp2c9')!['value_source_value'], '*1/*3');
  assert.equal(find(rows, 'measurement', 'vkorc1_1639')!['value_source_value'], 'A/G');
});

test('a flag of 0 is an observation of 0; an unknown one leaves no row; a drug of 1 is an exposure, too', async () => {
  const rows = await rowsOf({ 'Amiodarone (Cordarone)': '1', Aspirin: '0' });
  assert.equal(find(rows, 'observation', 'amiodarone')!['value_as_number'], 1);
  assert.equal(find(rows, 'drug_exposure', 'amiodarone')!['drug_concept_id'], 1309944);
  assert.equal(find(rows, 'observation', 'aspirin')!['value_as_number'], 0);
  assert.equal(find(rows, 'drug_exposure', 'aspirin'), undefined);
  assert.equal(find(rows, 'observation', 'simvastatin'), undefined);
});

test('the columns’ order does not matter', async () => {
  const cells: Record<string, string> = { 'PharmGKB Subject ID': 'S1', 'Project Site': '7', 'Weight (kg)': '80' };
  const reversed = HEADER.toReversed();
  const { rows } = await ingestFile([csvLine(reversed), csvLine(reversed.map((name) => cells[name] ?? 'NA'))].join('\n'));
  assert.deepEqual(rows, (await ingestFile(one({ 'Weight (kg)': '80' }))).rows);
});

test('the same file makes the same rows; another key makes other people', async () => {
  const text = cohort('external.csv');
  const [first, second, other] = await Promise.all([ingestFile(text), ingestFile(text), ingestFile(text, Buffer.alloc(32, 12))]);
  assert.deepEqual(first, second);
  const people = (rows: typeof first.rows) => new Set(rows.flatMap(({ row }) => (row.table === 'person' ? [row['person_id']] : [])));
  const others = people(other.rows);
  assert.ok([...people(first.rows)].every((personId) => !others.has(personId)));
});

test('a patient is in one partition of every table', async () => {
  const { rows } = await ingestFile(cohort('external.csv'));
  const partitionOf = new Map<unknown, number>();
  for (const { partition, row } of rows) {
    if (!('person_id' in row)) continue;
    assert.equal(partitionOf.get(row['person_id']) ?? partition, partition);
    partitionOf.set(row['person_id'], partition);
  }
  assert.equal(partitionOf.size, 250);
});
