import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Ingested, ingestFiles } from './ingest-file.ts';
import { FIXTURES } from './table-set.ts';

const filesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.endsWith('.csv'))
      .sort()
      .map((name) => [name, join(folder, name)]),
  );
const ingest = (files: Record<string, string>): Promise<Ingested> =>
  ingestFiles(
    'synthea-csv',
    Object.values(files).map((path) => ({ path })),
  );
const rowsOf = ({ rows }: Ingested, table: string) => rows.map(({ row }) => row).filter((row) => row.table === table);

const fixtures = filesOf(join(FIXTURES, 'synthea-csv'));
const made = await ingest(fixtures);

describe('Synthea’s CSV export', () => {
  it('every good row makes its rows; each bad one is left out with its place and reason', () => {
    const names = Object.keys(fixtures);
    assert.deepEqual(
      made.readings.flatMap(({ file, quarantined }) =>
        quarantined.flatMap(({ where, findings }) => findings.map(({ field, reason }) => `${names[file]} ${where} ${field} ${reason}`)),
      ),
      [
        'conditions.csv row 3 CODE unknown-code',
        'devices.csv row 2 STOP contradictory-value',
        'encounters.csv row 3 STOP contradictory-value',
        'encounters.csv row 4 ENCOUNTERCLASS unknown-code',
        'medications.csv row 2 null duplicate-record',
        'observations.csv row 3 VALUE impossible-value',
        'patients.csv row 3 BIRTHDATE unparsable-date',
      ],
    );
    assert.deepEqual(made.report.rows, {
      care_site: 2,
      condition_occurrence: 2,
      death: 1,
      device_exposure: 1,
      drug_exposure: 2,
      measurement: 2,
      observation: 4,
      person: 2,
      procedure_occurrence: 1,
      visit_occurrence: 2,
    });
  });

  it('rows link to the encounter that they name by another column', () => {
    const visits = new Map(rowsOf(made, 'visit_occurrence').map((row) => [row['person_id'], row['visit_occurrence_id']]));
    for (const table of ['condition_occurrence', 'drug_exposure', 'measurement', 'procedure_occurrence', 'device_exposure'])
      for (const row of rowsOf(made, table)) assert.equal(row['visit_occurrence_id'], visits.get(row['person_id']), table);
    // its encounter is not among the files
    const [allergy] = rowsOf(made, 'observation').filter((row) => row['observation_source_value'] === '111088007');
    assert.equal(allergy!['visit_occurrence_id'], undefined);
  });

  it('an INR is in the unit 1, a height in centimetres with its own unit beside it', () => {
    assert.deepEqual(
      rowsOf(made, 'measurement').map((row) => [row['measurement_concept_id'], row['value_as_number'], row['unit_source_value'], row['value_source_value']]),
      [
        [3022217, 2.4, '{INR}', '2.4'],
        [3036277, 162.56, '[in_i]', '64'],
      ],
    );
  });

  it('neither names nor addresses nor answers in words are in a staged row', () => {
    assert.doesNotMatch(JSON.stringify([made.rows, made.readings]), /planted|name\d|maiden|999-11|02155|aaaaaaaa/i);
    assert.match(
      Object.values(fixtures)
        .map((path) => readFileSync(path, 'utf8'))
        .join(''),
      /1 Planted Road,,text/,
    );
  });

  it('exports of before 2021: fewer columns, procedures of one day, observations without categories', async () => {
    const patient = 'aaaaaaaa-0000-4000-8000-000000000001';
    const visit = 'bbbbbbbb-0000-4000-8000-000000000001';
    const old = await ingestFiles('synthea-csv', [
      `Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,LAST,SUFFIX,MAIDEN,MARITAL,RACE,ETHNICITY,GENDER,BIRTHPLACE,ADDRESS,CITY,STATE,ZIP\n${patient},1951-03-02,,999-11-2222,,,,A,B,,,M,white,nonhispanic,F,C,D,E,F,\n`,
      `Id,START,STOP,PATIENT,PROVIDER,ENCOUNTERCLASS,CODE,DESCRIPTION,COST,REASONCODE,REASONDESCRIPTION\n${visit},2014-05-17T08:30:00Z,2014-05-17T09:00:00Z,${patient},p,wellness,185345009,Encounter,77.49,,\n`,
      `START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,COST,DISPENSES,TOTALCOST,REASONCODE,REASONDESCRIPTION\n2014-05-17,,${patient},${visit},855332,Warfarin,7.24,12,86.88,,\n`,
      `DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,COST,REASONCODE,REASONDESCRIPTION\n2014-05-17,${patient},${visit},430193006,Medication Reconciliation,735.40,,\n`,
      `DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,VALUE,UNITS,TYPE\n2014-05-17,${patient},${visit},8302-2,Body Height,164,cm,numeric\n2014-05-17,${patient},,QALY,QALY,31.0,a,numeric\n2014-05-17,${patient},${visit},75325-1,Symptom,Dyspnea,,text\n2014-05-17,${patient},${visit},75325-1,Symptom,Edema,,text\n2014-05-17,${patient},${visit},75325-1,Symptom,Edema,,text\n`,
    ]);
    // answers in words are not kept, and still tell records apart
    assert.deepEqual(
      old.readings.flatMap(({ quarantined }) => quarantined),
      [{ where: 'row 5', findings: [{ field: null, reason: 'duplicate-record' }] }],
    );
    assert.deepEqual(
      old.readings.map(({ rows }) => rows),
      [{ person: 1 }, { visit_occurrence: 1 }, { drug_exposure: 1 }, { procedure_occurrence: 1 }, { measurement: 1, observation: 3 }],
    );
    assert.doesNotMatch(JSON.stringify(old.rows), /Dyspnea|Edema/);
    const [height] = rowsOf(old, 'measurement');
    assert.deepEqual([height!['measurement_concept_id'], height!['value_as_number']], [3036277, 164]);
  });

  it('a file of another table is refused whole', async () => {
    const { readings } = await ingestFiles('synthea-csv', [
      'Id,NAME,ADDRESS,CITY,STATE,ZIP,LAT,LON,PHONE,REVENUE,UTILIZATION\nffffffff-0000-4000-8000-000000000001,A hospital,,,,,,,,1,2\n',
    ]);
    assert.equal(readings[0]!.refused!.reason, 'not-this-format');
  });
});

describe('Synthea’s CSV of 27 patients', () => {
  const FOLDER = join(import.meta.dirname, '../../../../shared/data/omop-synthea-csv/synthea');

  it('every row is admitted', { skip: existsSync(FOLDER) ? false : 'the Synthea CSV is not in the shared data beside the checkout' }, async () => {
    const files = filesOf(FOLDER);
    const lines = Object.values(files).map((path) => readFileSync(path, 'utf8').trimEnd().split('\n').length - 1);
    const { readings, report } = await ingest(files);
    assert.deepEqual(
      readings.map(({ admitted }) => admitted),
      lines,
    );
    assert.deepEqual(report.quarantined, []);
    assert.deepEqual([report.rows['person'], report.rows['visit_occurrence'], report.rows['condition_occurrence'], report.rows['drug_exposure']], [27, 604, 438, 663 + 29]);
  });
});
