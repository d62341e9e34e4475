import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { csvOf, type PlantedFile } from './planted/identifiers.ts';
import { type Leaving, leaving } from './planted/leaving.ts';
import { datasetJson } from './planted/sdtm-files.ts';

/** What nothing but a vocabulary tells from a code: a surname, a record number, a telephone number without separators; SDTM's test codes have 8 characters. */
const SURNAME = 'Mustermann';
const TEST_CODE = 'MUSTERMN';
const RECORD = 'MRN4711081';
const PHONE = '6035550142';
const WORDS = [SURNAME, RECORD, PHONE];

const fixture = (path: string): string => readFileSync(join(import.meta.dirname, '..', '..', 'fixtures', path), 'utf8');

type Resource = Record<string, unknown>;
const local = (code: string) => ({ coding: [{ system: 'http://hospital.example/codes', code }] });
const loinc = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] });
const resources = (word: string, number: number): Resource[] => {
  const subject = { reference: 'Patient/p1' };
  const observation = (id: string, more: Resource): Resource => ({
    ...{ resourceType: 'Observation', id: `${id}${number}`, status: 'final', subject, effectiveDateTime: '2014-05-17T08:30:00Z', valueInteger: 3 },
    ...more,
  });
  return [
    observation('local', { code: local(word) }),
    observation('loinc', { code: loinc(word) }),
    observation('answer', { code: loinc('6301-6'), valueInteger: undefined, valueCodeableConcept: local(word) }),
    observation('unit', { code: loinc('8302-2'), valueInteger: undefined, valueQuantity: { value: 171, unit: word, code: word } }),
    { resourceType: 'Condition', id: `c${number}`, subject, code: local(word), onsetDateTime: '2014-05-17' },
    { resourceType: 'Procedure', id: `o${number}`, subject, status: 'completed', code: local(word), performedDateTime: '2014-05-17' },
    { resourceType: 'MedicationStatement', id: `m${number}`, subject, status: 'active', medicationCodeableConcept: local(word), effectiveDateTime: '2014-05-17' },
    { resourceType: 'Encounter', id: `e${number}`, subject, status: 'finished', class: { code: word }, period: { start: '2014-05-17T08:00:00Z', end: '2014-05-17T09:00:00Z' } },
  ];
};
const everyResource = (): Resource[] => [{ resourceType: 'Patient', id: 'p1', gender: 'female', birthDate: '1951-03-02' }, ...WORDS.flatMap(resources)];

const keys = { STUDYID: 'SYN1', USUBJID: 'SYN1-001' };
const domains = (): PlantedFile[] =>
  [
    { name: 'DM', rows: [{ ...keys, SITEID: 'S01', SEX: 'F', RFSTDTC: '2014-03-10', BRTHDTC: '1951-03-02', ARMCD: SURNAME }] },
    { name: 'AE', rows: WORDS.map((word, index) => ({ ...keys, AESEQ: index + 1, AETERM: 'x', AEDECOD: word, AESTDTC: '2014-04-01' })) },
    { name: 'MH', rows: [{ ...keys, MHSEQ: 1, MHTERM: 'x', MHDECOD: `Gout Erika ${SURNAME}`, MHSTDTC: '2009' }] },
    { name: 'CM', rows: WORDS.map((word, index) => ({ ...keys, CMSEQ: index + 1, CMTRT: 'x', CMDECOD: word, CMROUTE: SURNAME, CMDOSU: SURNAME, CMDOSE: 5, CMSTDTC: '2014' })) },
    { name: 'LB', rows: [{ ...keys, LBSEQ: 1, LBTESTCD: TEST_CODE, LBTEST: 'x', LBORRES: '3', LBORRESU: SURNAME, LBDTC: '2014-03-10' }] },
    { name: 'DS', rows: [{ ...keys, DSSEQ: 1, DSTERM: 'x', DSDECOD: SURNAME, DSSTDTC: '2014-06-02' }] },
  ].map((table) => ({ name: `${table.name}.json`, content: datasetJson(table) }));

const cdm = (): PlantedFile[] => [
  {
    name: 'person.csv',
    content: csvOf(
      ['person_id', 'gender_concept_id', 'year_of_birth', 'race_concept_id', 'ethnicity_concept_id', 'gender_source_value'],
      [{ person_id: 1, gender_concept_id: 8507, year_of_birth: 1951, race_concept_id: 0, ethnicity_concept_id: 0, gender_source_value: SURNAME }],
    ),
  },
  {
    name: 'measurement.csv',
    content: csvOf(
      [
        'measurement_id',
        'person_id',
        'measurement_concept_id',
        'measurement_date',
        'measurement_type_concept_id',
        'value_as_number',
        'measurement_source_value',
        'unit_source_value',
        'value_source_value',
      ],
      WORDS.map((word, index) => ({
        measurement_id: index + 1,
        person_id: 1,
        measurement_concept_id: 3022217,
        measurement_date: '2014-05-17',
        measurement_type_concept_id: 32856,
        value_as_number: 2,
        measurement_source_value: word,
        unit_source_value: word,
        value_source_value: word,
      })),
    ),
  },
];

const synthea = (): PlantedFile[] => [
  { name: 'patients.csv', content: fixture('synthea-csv/patients.csv') },
  { name: 'encounters.csv', content: fixture('synthea-csv/encounters.csv') },
  { name: 'observations.csv', content: fixture('synthea-csv/observations.csv').replace('{INR}', SURNAME).replace('[in_i]', PHONE) },
];

const SOURCES: { source: string; files: () => PlantedFile[]; rows: Record<string, number>; keyed: boolean }[] = [
  {
    source: 'fhir',
    files: () => [{ name: 'bundle.json', content: JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry: everyResource().map((resource) => ({ resource })) }) }],
    rows: { condition_occurrence: 3, drug_exposure: 3, procedure_occurrence: 3, visit_occurrence: 3 },
    keyed: true,
  },
  {
    source: 'fhir-ndjson',
    files: () => [
      {
        name: 'all.ndjson',
        content: everyResource()
          .map((resource) => `${JSON.stringify(resource)}\n`)
          .join(''),
      },
    ],
    rows: { condition_occurrence: 3, drug_exposure: 3, procedure_occurrence: 3, visit_occurrence: 3 },
    keyed: true,
  },
  { source: 'dataset-json', files: domains, rows: { condition_occurrence: 2, drug_exposure: 1, measurement: 1 }, keyed: true },
  { source: 'omop-csv', files: cdm, rows: { measurement: 3, person: 1 }, keyed: false },
  { source: 'synthea-csv', files: synthea, rows: { person: 2 }, keyed: false },
];

for (const { source, files, rows, keyed } of SOURCES) {
  describe(`single words in places of codes: ${source}`, () => {
    let left: Leaving;
    before(async () => {
      left = await leaving(source, files());
    });

    test('the rows are kept', () => {
      for (const [table, least] of Object.entries(rows))
        assert.ok((left.rows[table]?.length ?? 0) >= least, `${table}: ${left.rows[table]?.length} of ${JSON.stringify(left.answer.report)}`);
    });

    test('the words are not', () => {
      for (const part of ['rows', 'readings', 'answer', 'check', 'said'] as const) {
        const text = JSON.stringify(left[part]).toLowerCase();
        for (const word of [...WORDS, TEST_CODE, '4711081', 'Erika'])
          assert.ok(
            !text.includes(word.toLowerCase()),
            `${part} tells ${word}: …${text.slice(Math.max(0, text.indexOf(word.toLowerCase()) - 120), text.indexOf(word.toLowerCase()) + 20)}`,
          );
      }
    });

    if (keyed) {
      test('the same word is the same hash wherever it stands', () => {
        const hashes = Object.values(left.rows).flatMap((all) =>
          all.flatMap((row) => Object.values(row).filter((value): value is string => typeof value === 'string' && value.startsWith('keyed:'))),
        );
        assert.ok(hashes.length >= 3);
        for (const hash of hashes) assert.match(hash, /^keyed:[0-9a-f]{16}$/);
        assert.ok(new Set(hashes).size <= 4, [...new Set(hashes)].join(' '));
      });
    }
  });
}
