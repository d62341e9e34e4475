import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ingestFile } from './ingest-file.ts';
import type { FlatRow } from './staged-rows.ts';

const FILE = join(import.meta.dirname, '../../../../shared/data/iwpc-warfarin/iwpc_16_sites.csv');
const skip = existsSync(FILE) ? false : 'the hospitals’ file is not in the shared data beside the checkout';

test('the 16 hospitals: 4,459 patients read, all admitted, nothing in them lost', { skip }, async () => {
  const { report, rows } = await ingestFile({ path: FILE });
  assert.deepEqual([report.read, report.admitted, report.quarantined, report.sites.length], [4459, 4459, [], 16]);
  assert.deepEqual(report.rows, {
    care_site: 4459,
    condition_occurrence: 6243,
    drug_exposure: 7024,
    measurement: 38780,
    observation: 89215,
    observation_period: 4459,
    person: 4459,
  });
  assert.equal(new Set(rows.flatMap(({ row }) => (row.table === 'care_site' ? [row['care_site_id']] : []))).size, 16);

  const count = (table: string, column: string, value: unknown): number => rows.filter(({ row }) => row.table === table && row[column] === value).length;
  const values = (name: string): Record<string, number> => {
    const found: Record<string, number> = {};
    for (const { row } of rows)
      if (row.table === 'measurement' && row['measurement_source_value'] === name) found[String(row['value_source_value'])] = (found[String(row['value_source_value'])] ?? 0) + 1;
    return found;
  };
  assert.deepEqual(values('cyp2c9'), { '*1/*1': 3282, '*1/*2': 565, '*1/*3': 370, '*2/*3': 46, '*2/*2': 43, '*3/*3': 18, '*1/*5': 4, '*1/*11': 2, '*1/*6': 2 });
  assert.deepEqual(values('vkorc1_1639'), { 'A/G': 1327, 'A/A': 1211, 'G/G': 1129 });
  assert.equal(count('measurement', 'measurement_source_value', 'body_height'), 3817);
  assert.equal(count('measurement', 'measurement_source_value', 'warfarin_weekly_dose'), 4287);
  assert.equal(count('measurement', 'measurement_source_value', 'inr_on_dose'), 3727);
  assert.equal(count('person', 'gender_concept_id', 8507), 2741);
  assert.equal(count('person', 'race_concept_id', 8515), 1371);
  assert.equal(count('drug_exposure', 'drug_source_value', 'amiodarone'), 171);
  const flag = (name: string, value: number) =>
    rows.filter(({ row }) => row.table === 'observation' && row['observation_source_value'] === name && row['value_as_number'] === value).length;
  assert.deepEqual([flag('amiodarone', 0), flag('amiodarone', 1)], [2811, 171]);
  assert.deepEqual([flag('stable_dose_reached', 0), flag('stable_dose_reached', 1)], [185, 4225]);
  assert.equal(flag('age_decade', 9), 24);
});

test('the 16 hospitals: no subject identifier in any curated row', { skip }, async () => {
  const { rows } = await ingestFile({ path: FILE });
  const leaked = rows.filter(({ row }: { row: FlatRow }) => Object.values(row).some((value) => typeof value === 'string' && /PA\d{9}/.test(value)));
  assert.equal(leaked.length, 0);
});
