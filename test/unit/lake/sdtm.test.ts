import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import shipped from '../../../config/sources/dataset-json.json' with { type: 'json' };
import { DatasetJsonMap } from '../../../lambdas/domain/lake/formats/dataset-json/map.ts';
import { readDatasetJson } from '../../../lambdas/domain/lake/formats/dataset-json/read.ts';
import { FIXTURES, memoryFile, readSet, rowsOf, setOf, told } from './table-set.ts';

const map = DatasetJsonMap.parse(shipped);
const DOMAINS = ['dm', 'ae', 'mh', 'cm', 'ex', 'lb', 'vs', 'ds', 'sv'] as const;
const study = await readSet(readDatasetJson, setOf(DOMAINS.map((domain) => join(FIXTURES, 'dataset-json', `${domain}.json`))), map);
const of = (domain: (typeof DOMAINS)[number]) => study[DOMAINS.indexOf(domain)]!;

describe('SDTM to OMOP', () => {
  it('leaves out what breaks the standard, each with its column and reason, and nothing beside it', () => {
    assert.deepEqual(
      DOMAINS.map((domain) => [domain, of(domain).admitted, told(of(domain))]),
      [
        ['dm', 3, { 'row 4': 'SEX unknown-code', 'row 5': 'RFENDTC contradictory-value', 'row 6': 'RFSTDTC unparsable-date, AGE impossible-value' }],
        ['ae', 3, { 'row 4': 'AESEV unknown-code', 'row 5': 'AEENDTC contradictory-value', 'row 6': 'record duplicate-record' }],
        ['mh', 3, { 'row 4': 'MHOCCUR unknown-code' }],
        ['cm', 3, { 'row 4': 'CMSTDTC missing-value', 'row 5': 'CMSEQ missing-value' }],
        ['ex', 2, { 'row 3': 'EXDOSE impossible-value', 'row 4': 'EXDOSE wrong-type' }],
        ['lb', 6, { 'row 3': 'LBSTRESU wrong-unit', 'row 7': 'LBDTC unparsable-date', 'row 9': 'LBSTRESN impossible-value' }],
        ['vs', 4, { 'row 5': 'VSSTRESU wrong-unit', 'row 6': 'VSSTRESN impossible-value', 'row 7': 'VSSTRESU missing-value', 'row 8': 'VSDY impossible-value' }],
        ['ds', 2, { 'row 3': 'DSDECOD missing-value' }],
        ['sv', 3, {}],
      ],
    );
  });

  it('makes a person, the time of observation, a death and a care site of DM', () => {
    const { drafts } = of('dm');
    assert.deepEqual(
      rowsOf(drafts, 'person').map(({ subject, careSite, values }) => [subject, careSite, values.gender_concept_id, values.year_of_birth, values.race_source_value]),
      [
        ['SYN1-001', 'S01', 8532, 2014 - 63, 'WHITE'],
        ['SYN1-002', 'S01', 8507, 1936, 'BLACK OR AFRICAN AMERICAN'],
        ['SYN1-003', 'S02', 0, 2013, 'MULTIPLE'],
      ],
    );
    assert.deepEqual(
      rowsOf(drafts, 'observation_period').map(({ values }) => [values.observation_period_start_date, values.observation_period_end_date]),
      [
        ['2014-03-03', '2014-06-20'],
        ['2014-03-04', '2014-05-02'],
        ['2014-03-05', '2014-03-05'],
      ],
    );
    assert.deepEqual(
      rowsOf(drafts, 'death').map(({ subject, values }) => [subject, values.death_date]),
      [['SYN1-002', '2014-05-02']],
    );
    assert.deepEqual(
      rowsOf(drafts, 'observation')
        .filter(({ values }) => values.observation_source_value === 'ARMCD')
        .map(({ values }) => values.value_source_value),
      ['WARF', 'WARF', 'SCRNFAIL'],
    );
  });

  it('keeps partial dates as the first day that they can be, and says what is known of them', () => {
    const { drafts } = of('ae');
    assert.deepEqual(
      rowsOf(drafts, 'condition_occurrence').map(({ values }) => [values.condition_source_value, values.condition_start_date, values.condition_end_date]),
      [
        ['Gingival bleeding', '2014-04-02', '2014-04-05'],
        ['Headache', '2014-05-01', null],
        // AESTDY 3 of a subject whose RFSTDTC stands in another file
        ['AE', '2014-03-13', null],
      ],
    );
    const precision = rowsOf(drafts, 'observation').filter(({ values }) => values.observation_source_value === 'date_precision');
    assert.deepEqual(
      new Set(precision.map(({ values }) => `${values.qualifier_source_value} ${values.value_source_value}`)),
      new Set(['condition_start_date month', 'observation_date month']),
    );
    assert.ok(precision.every(({ record }) => record === 'AE SYN1 SYN1-001 2'));
  });

  it('keeps no free text', () => {
    const all = JSON.stringify(study.flatMap(({ drafts }) => drafts));
    for (const words of ['Mary', 'Miller', 'neighbour', 'Tylenol', 'AF since', 'died at home', 'Week 1']) assert.ok(!all.includes(words), words);
  });

  it('tells what did not occur from what did', () => {
    const { drafts } = of('mh');
    assert.deepEqual(
      rowsOf(drafts, 'condition_occurrence').map(({ values }) => [values.condition_source_value, values.condition_start_date]),
      [
        ['Atrial fibrillation', '2009-01-01'],
        ['Hypertension', '2014-03-04'],
      ],
    );
    assert.deepEqual(
      rowsOf(drafts, 'observation')
        .filter(({ values }) => values.observation_source_value !== 'date_precision')
        .map(({ values }) => [values.observation_source_value, values.value_source_value]),
      [['Diabetes mellitus', 'N']],
    );
  });

  it('names drugs as the catalog does, with dose, unit and route', () => {
    const given = [...rowsOf(of('cm').drafts, 'drug_exposure'), ...rowsOf(of('ex').drafts, 'drug_exposure')].map(({ values }) => [
      values.drug_source_value,
      values.drug_concept_id,
      values.quantity,
      values.dose_unit_source_value,
      values.drug_exposure_start_date,
      values.drug_exposure_end_date,
    ]);
    assert.deepEqual(given, [
      ['acetaminophen', 1125315, 500, 'mg', '2014-03-20', '2014-03-22'],
      ['amiodarone', 1309944, 200, 'mg', '2011-01-01', '2011-01-01'],
      ['CM', 0, null, null, '2014-03-11', '2014-03-11'],
      ['warfarin', 1310149, 5, 'mg', '2014-03-10', '2014-04-02'],
      ['warfarin', 1310149, 2.5, 'mg', '2014-04-03', '2014-04-03'],
    ]);
  });

  it('brings results to their standard unit, with the value and unit as they were', () => {
    const results = [...rowsOf(of('lb').drafts, 'measurement'), ...rowsOf(of('vs').drafts, 'measurement')].map(({ values }) => [
      values.measurement_source_value,
      values.value_as_number,
      values.unit_concept_id,
      values.operator_concept_id,
      values.value_source_value,
      values.unit_source_value,
    ]);
    assert.deepEqual(results, [
      ['6301-6', 2.4, 32912, null, '2.4', 'RATIO'],
      ['GLUC', 5.49523746087, 8753, null, '99', 'mg/dL'],
      ['KETONES', null, null, null, 'NEGATIVE', null],
      ['ALT', 5, 0, 4171756, '<5', 'U/L'],
      ['ANTIX', 7, 0, null, '7', 'furlong'],
      ['29463-7', 68.0388555, 9529, null, '150', 'LB'],
      ['8302-2', 165.1, 8582, null, '65', 'IN'],
      ['8310-5', 37, 586323, null, '98.6', 'F'],
      ['8480-6', 142, 8876, null, '142', 'mmHg'],
    ]);
    const glucose = rowsOf(of('lb').drafts, 'measurement')[1]!;
    assert.deepEqual([glucose.values.range_low, glucose.values.range_high], [3.88552143698, 6.10581940096]);
  });

  it('links rows to the visit of their number where the visit is there', () => {
    const [visit] = rowsOf(of('sv').drafts, 'visit_occurrence');
    assert.equal(visit!.record, 'SV SYN1 SYN1-001 1');
    assert.deepEqual(
      rowsOf(of('lb').drafts, 'measurement').map((draft) => draft.visit),
      ['SV SYN1 SYN1-001 1', 'SV SYN1 SYN1-001 1', 'SV SYN1 SYN1-001 2', 'SV SYN1 SYN1-001 2', 'SV SYN1 SYN1-002 1'],
    );
  });

  it('takes a fraction without a unit for one of 1, where that is possible', async () => {
    const lb = JSON.parse(readFileSync(join(FIXTURES, 'dataset-json', 'lb.json'), 'utf8')) as { columns: { name: string }[]; rows: unknown[][]; records: number };
    const at = (name: string): number => lb.columns.findIndex((column) => column.name === name);
    const rows = [0.41, 41].map((value, index) => {
      const row = [...lb.rows[0]!];
      for (const [name, said] of Object.entries({
        LBSEQ: 900 + index,
        LBTESTCD: 'HCT',
        LBSTRESN: value,
        LBSTRESC: String(value),
        LBSTRESU: null,
        LBORRES: String(value),
        LBORRESU: null,
      }))
        if (at(name) >= 0) row[at(name)] = said;
      return row;
    });
    const [read] = await readSet(readDatasetJson, [memoryFile(JSON.stringify({ ...lb, rows, records: rows.length }))], map);
    assert.deepEqual(told(read!), { 'row 2': 'LBSTRESU missing-value' });
    assert.deepEqual(
      rowsOf(read!.drafts, 'measurement').map(({ values }) => [values.value_as_number, values.value_source_value]),
      [[41, '0.41']],
    );
  });

  it('knows a drug by its collected name where it has no other, and keeps no other collected name', async () => {
    const cm = JSON.parse(readFileSync(join(FIXTURES, 'dataset-json', 'cm.json'), 'utf8')) as { columns: { name: string }[]; rows: unknown[][] };
    const at = (name: string): number => cm.columns.findIndex((column) => column.name === name);
    const rows = ['Warfarin', 'Warfarin from Ruth Abernethy'].map((name, index) =>
      cm.rows[0]!.map((value, column) =>
        column === at('CMTRT') ? name : column === at('CMDECOD') || column === at('CMCLASCD') ? null : column === at('CMSEQ') ? 900 + index : value,
      ),
    );
    assert.ok(at('CMTRT') >= 0);
    const [read] = await readSet(readDatasetJson, [memoryFile(JSON.stringify({ ...cm, rows, records: rows.length }))], map);
    assert.deepEqual(
      rowsOf(read!.drafts, 'drug_exposure').map(({ values }) => [values.drug_source_value, values.drug_concept_id]),
      [
        ['warfarin', 1310149],
        ['CM', 0],
      ],
    );
  });
});
