import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SourceMap } from '../../../lambdas/domain/lake/formats.ts';
import { parseSourceMap } from '../../../lambdas/domain/lake/formats.ts';
import { draftColumn } from '../../../lambdas/domain/lake/draft-columns.ts';
import { draftMap } from '../../../lambdas/domain/lake/draft-map.ts';
import { CsvTableMap } from '../../../lambdas/domain/lake/formats/csv-table/map.ts';
import { readCsvTable } from '../../../lambdas/domain/lake/formats/csv-table/read.ts';
import { memoryFile, type ReadFile, readSet, rowsOf } from './table-set.ts';

const LINES = [
  'Patient Id,Visit Date,Sex,Weight (kg),Site,Notes',
  ...Array.from(
    { length: 40 },
    (_, row) => `P${row},2014-05-${String((row % 28) + 1).padStart(2, '0')},${row % 2 ? 'M' : 'F'},${60 + row}.5,S${row % 3},spoke to Ruth Abernethy ${row}`,
  ),
];

test('a draft is a valid map that names key, date, site, units and likely concepts, and keeps no free text', async () => {
  const draft = await draftMap('my-clinic', LINES);
  assert.ok('map' in draft);
  const map = parseSourceMap('draft', draft.map) as Extract<SourceMap, { format: 'csv-table' }>;
  const { columns, rows, subject } = map.mapping.tables['ROWS']!;
  assert.equal(subject, 'Patient Id');
  assert.deepEqual(
    Object.entries(columns).map(([name, { type }]) => [name, type]),
    [
      ['Patient Id', 'text'],
      ['Visit Date', 'date'],
      ['Sex', 'code'],
      ['Weight (kg)', 'number'],
      ['Site', 'text'],
      ['Notes', 'drop'],
    ],
  );
  assert.ok(rows.some((row) => row.table === 'measurement' && row.about[0]!.concept === 'body_weight'));
  assert.doesNotMatch(JSON.stringify(draft), /Ruth|P17/);
});

test('what cannot be drafted is said in one line', async () => {
  for (const lines of [[], ['one'], ['a,b'], ['a,b', '1,2'], ['id,x', 'only one cell']]) {
    const draft = await draftMap('my-clinic', lines);
    assert.ok('problem' in draft && !draft.problem.includes('\n'), JSON.stringify(lines));
  }
});

/** What the draft makes of the sample that it was drafted from. */
const tried = async (lines: readonly string[]): Promise<{ map: CsvTableMap; notes: string[]; read: ReadFile }> => {
  const draft = await draftMap('my-clinic', lines);
  assert.ok('map' in draft, 'problem' in draft ? draft.problem : '');
  const map = CsvTableMap.parse(draft.map);
  const [read] = await readSet(readCsvTable, [memoryFile(lines.join('\n'))], map);
  return { map, notes: draft.notes, read: read! };
};

test('a European export is drafted with its delimiter, decimal comma and dates', async () => {
  const { map, read, notes } = await tried([
    'Participant Id;Institute site;Geburtsdatum / birth;Sex;Visit;Body weight (kg);Blood group',
    ...Array.from(
      { length: 6 },
      (_, row) => `1100${row};Haus ${row % 2};${10 + row}.08.1950;${row % 2 ? 'M' : 'F'};${20 + row}.01.2020 09:30;${70 + row},5;${row % 2 ? 'A' : 'B'}`,
    ),
  ]);
  assert.deepEqual(map.mapping.tables['ROWS']!.columns['Body weight (kg)'], {
    type: 'number',
    decimal: ',',
    range: [65.5, 80.5],
    integer: false,
    comparators: false,
    words: {},
    required: false,
  });
  assert.deepEqual(read.leftOut, {});
  assert.equal(read.admitted, 6);
  const [person] = rowsOf(read.drafts, 'person');
  assert.deepEqual([person!.values.year_of_birth, person!.values.gender_concept_id, person!.careSite], [1950, 8532, 'Haus 0']);
  const [weight] = rowsOf(read.drafts, 'measurement');
  assert.deepEqual(
    [weight!.values.measurement_source_value, weight!.values.value_as_number, weight!.values.unit_source_value, weight!.values.measurement_datetime],
    ['body_weight', 70.5, 'kg', '2020-01-20T09:30:00'],
  );
  // one word of several names no concept
  assert.deepEqual([...new Set(rowsOf(read.drafts, 'observation').map(({ values }) => values.observation_source_value))], ['Blood group']);
  assert.ok(notes.some((note) => note.includes('semicolons') && note.includes('decimal comma')));
});

test('a row is named by as many columns as tell the sample’s rows apart, and the patient’s key is not that of the row', async () => {
  const { map, read, notes } = await tried([
    'resultId,PatientID,Sample taken,Test,Value',
    'r1,p1,01/02/2020,INR,2.1',
    'r2,p1,01/02/2020,ALT,30',
    'r3,p2,01/02/2020,INR,',
    'r4,p2,03/04/2020,INR,2.5',
  ]);
  const { record, subject } = map.mapping.tables['ROWS']!;
  assert.equal(subject, 'PatientID');
  assert.deepEqual(record, ['PatientID', 'resultId']);
  assert.deepEqual(read.leftOut, {});
  assert.equal(rowsOf(read.drafts, 'measurement').length, 3);
  assert.ok(notes.includes('Sample taken: dates fit M/D/YYYY and D/M/YYYY; M/D/YYYY was taken'));
  const same = await tried(['patient,day,value', 'p1,2020-01-01,1', 'p1,2020-01-01,2']);
  assert.ok(same.notes.some((note) => note.startsWith('rows of the sample have the same patient and day')));
});

test('what may name or reach a patient is dropped, whatever it looks like; births date nothing; unnamed columns are passed over', async () => {
  const { map, read, notes } = await tried([
    ',record_id,last_name,phone,dob,gender,test name,INR',
    ...Array.from({ length: 4 }, (_, row) => `${row},${row},Cornel,336481${row}63,1991-05-1${row},${row % 2},INR,2.${row}`),
  ]);
  const types = Object.fromEntries(Object.entries(map.mapping.tables['ROWS']!.columns).map(([name, { type }]) => [name, type]));
  assert.deepEqual(types, { record_id: 'text', last_name: 'drop', phone: 'drop', dob: 'date', gender: 'code', 'test name': 'code', INR: 'number' });
  assert.deepEqual(
    rowsOf(read.drafts, 'person').map(({ values }) => values.year_of_birth),
    [1991, 1991, 1991, 1991],
  );
  assert.equal(read.drafts.length, 4);
  for (const note of [
    'no column is a date: name one, or nothing can be placed in time',
    'gender: say which of its codes are male and female',
    'phone: may name or reach the patient, dropped',
  ])
    assert.ok(notes.includes(note), note);
});

const columnTypes = async (lines: readonly string[]): Promise<Record<string, string>> =>
  Object.fromEntries(Object.entries((await tried(lines)).map.mapping.tables['ROWS']!.columns).map(([name, { type }]) => [name, type]));

test('what names or reaches a person is dropped by its header in other languages', async () => {
  for (const header of [
    'Nachname;Vorname;Wohnort;PLZ;Hausarzt;Straße;Telefonnummer;Patientenname;Zuweisender Arzt;Geburtsort;E-Mail',
    'Nom;Prénom;Ville;Code postal;Médecin traitant;Rue;Téléphone;Nom de famille;Adresse;Commune;Nom de naissance',
    'Nombre;Apellidos;Ciudad;Código postal;Médico;Calle;Teléfono;Nombre paciente;Dirección;Localidad;DNI',
    'Cognome;Nome;Città;CAP;Medico;Indirizzo;Cellulare;Nome paziente;Codice fiscale;Comune;Residenza',
    'Achternaam;Voornaam;Woonplaats;Postcode;Huisarts;Straat;Telefoonnummer;Naam patient;Adres;BSN;Roepnaam',
    'lastname;FIRSTNAME;patient_name;homeAddress;physician;Doctor;ZIP code;mobilePhone;pincode;GP;next of kin',
  ]) {
    const types = await columnTypes([`PatientNr;${header};INR`, ...Array.from({ length: 8 }, (_, row) => `${row};${'5;'.repeat(11)}2,${row}`)]);
    const { PatientNr, INR, ...others } = types;
    assert.deepEqual([PatientNr, INR, Object.entries(others).filter(([, type]) => type !== 'drop')], ['text', 'number', []], header);
  }
});

test('a list of codes has known words and short codes that repeat: names, whatever their column is called and however few, make none', async () => {
  const columns: [string, string[]][] = [
    ['a', ['Abernethy', 'Muster']],
    ['b', ['RUTH', 'EMMA']],
    ['c', ['Dr. Gruber', 'Dr. Huber']],
    ['d', ['Kuchl', 'Wien']],
    ['e', ['SW1A 1AA', 'MRN4711']],
    ['f', ['male', 'Erika']],
    ['g', ['1', '12-12-51']],
    ['coded', ['ALT', 'HB1']],
    ['answered', ['Ja', 'nein']],
    ['sex', ['männlich', 'weiblich']],
    ['graded', ['MILD', 'severe']],
    ['called', ['*1/*3', 'A/G']],
  ];
  const lines = (rows: number) => [
    ['patient', ...columns.map(([name]) => name), 'value'].join(';'),
    ...Array.from({ length: rows }, (_, row) => [`p${row % 2}`, ...columns.map(([, values]) => values[row % 2]), row].join(';')),
  ];
  const codes = async (rows: number) => Object.entries(await columnTypes(lines(rows))).flatMap(([name, type]) => (type === 'code' ? [name] : []));
  assert.deepEqual(await codes(6), ['coded', 'answered', 'sex', 'graded', 'called']);
  // what two rows say need be no code
  assert.deepEqual(await codes(4), ['answered', 'sex', 'graded', 'called']);
  assert.doesNotMatch(JSON.stringify(await draftMap('my-clinic', lines(4))), /Abernethy|Muster|RUTH|EMMA|Gruber|Kuchl|SW1A|4711|Erika|12-51|ALT/);
});

test('a range holds the sample’s numbers, near each other as they may be', async () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), fc.nat(3), (number, more) => {
      const values = [number, number + more].map(String).filter((value) => !/e/.test(value));
      const { range, type } = draftColumn('x', values.length > 0 ? values : ['1500']);
      if (type !== 'number') return;
      for (const value of values) assert.ok(range![0] < range![1] && range![0] <= Number(value) && Number(value) <= range![1], `${value}: ${range}`);
    }),
  );
  assert.deepEqual(draftColumn('x', ['560001']).range, [560000, 561000]);
  assert.deepEqual((await tried(['patient;day;count', '1;2020-02-01;1500'])).read.leftOut, {});
});

test('three digits behind a comma are thousands only where none begins with a zero', () => {
  const { type, decimal } = draftColumn('Kreatinin', ['0,912', '1,034', '0,877']);
  assert.deepEqual([type, decimal], ['number', ',']);
  assert.notEqual(draftColumn('Leukozyten', ['4,912', '11,034', '0']).type, 'number');
});

test('another format than CSV is told from it', async () => {
  for (const line of ['<?xml version="1.0"?>', '{"datasetJSONVersion": "1.1.0", "a": 1}', 'HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!']) {
    const draft = await draftMap('my-clinic', [line, '1,2']);
    assert.ok('problem' in draft && /must be CSV or ODM.*docs\/data\/edc\.md/.test(draft.problem), line);
  }
});

test('a first line that is a row makes no draft: it would put a patient into the map', async () => {
  for (const [line, cell] of [
    ['patient,SYN-1,2014-05-01', 3],
    ['ruth@example.org;patient id;F', 1],
    ['patient\t2.4\tF', 2],
    ['id|01-MAY-2014|x', 2],
  ] as const) {
    const draft = await draftMap('my-clinic', [line, line]);
    assert.ok('problem' in draft && draft.problem.includes(`cell ${cell} `), line);
  }
  assert.ok('map' in (await draftMap('my-clinic', ['patient,rs9923231,chr16:31015190,visit 2', 'a,1,2,3', 'b,1,2,3'])));
});

for (const [birth, death, sex, [male, female], day] of [
  ['Geburtsdatum', 'Sterbedatum', 'Geschlecht', ['m', 'w'], 'Untersucht am'],
  ['Date de naissance', 'Date de décès', 'Sexe', ['masculin', 'féminin'], 'Vu le'],
  ['Fecha de nacimiento', 'Fecha de defunción', 'Sexo', ['hombre', 'mujer'], 'Visita'],
  ['Data di nascita', 'Data del decesso', 'Sesso', ['M', 'F'], 'Visita'],
  ['Geboortedatum', 'Datum overlijden', 'Geslacht', ['man', 'vrouw'], 'Bezoek'],
  ['YOB', 'Died', 'Gender', ['male', 'female'], 'Seen'],
] as const)
  test(`${birth}, ${death} and ${sex} are the person’s and date no fact; who has no date of death did not die`, async () => {
    const { read } = await tried([
      `Patient Nr;${birth};${death};${sex};${day};INR`,
      ...Array.from({ length: 10 }, (_, row) =>
        [`P${row}`, birth === 'YOB' ? 1930 + row : `14.03.${1930 + row}`, row % 2 ? '' : '20.05.2021', row % 2 ? female : male, `${11 + row}.04.2019`, `2,${row}`].join(';'),
      ),
    ]);
    assert.deepEqual(read.leftOut, {});
    assert.deepEqual(
      rowsOf(read.drafts, 'person').map(({ values }) => [values.year_of_birth, values.gender_concept_id]),
      Array.from({ length: 10 }, (_, row) => [1930 + row, row % 2 ? 8532 : 8507]),
    );
    assert.equal(rowsOf(read.drafts, 'death').length, 5);
    assert.deepEqual(
      rowsOf(read.drafts, 'measurement').map(({ values }) => values.measurement_date),
      Array.from({ length: 10 }, (_, row) => `2019-04-${11 + row}`),
    );
  });

test('one letter for a sex may be of either beside H or V: the draft asks', async () => {
  for (const codes of ['HF', 'HM', 'VM']) {
    const { map, notes } = await tried(['patient,Sexo,seen,INR', ...[...codes, ...codes].map((code, row) => `p${row},${code},2020-01-0${row + 1},2.${row}`)]);
    assert.deepEqual((map.mapping.tables['ROWS']!.rows[0] as { gender: { codes: object } }).gender.codes, {}, codes);
    assert.ok(notes.includes('Sexo: say which of its codes are male and female'), codes);
  }
});

test('an age gives at most a year of birth: it is no fact', async () => {
  const { read, notes } = await tried([
    'subject_id,Age (years),age_at_diagnosis,sex,seen,LDL',
    ...Array.from({ length: 10 }, (_, row) => `${row},${85 + row},${80 + row},${row % 2 ? 'F' : 'M'},2020-03-1${row},${90 + row}`),
  ]);
  assert.deepEqual(read.leftOut, {});
  assert.deepEqual([...new Set(rowsOf(read.drafts, 'measurement').map(({ values }) => values.measurement_source_value))], ['LDL']);
  assert.deepEqual(
    rowsOf(read.drafts, 'person').map(({ values }) => values.year_of_birth),
    Array.from({ length: 10 }, (_, row) => 2020 - 85 - row),
  );
  assert.equal(notes.filter((note) => note.includes('ages over 89')).length, 2);
});

test('results beyond a limit are numbers; limits alone are classes', async () => {
  const { map, read } = await tried([
    'subject_id;seen;CRP;Group',
    ...['<0,6', '1,2', '15', '>200', '≤3'].map((result, row) => `${row};2020-03-1${row};${result};${row % 2 ? '<50' : '>=50'}`),
  ]);
  assert.deepEqual(read.leftOut, {});
  assert.equal(map.mapping.tables['ROWS']!.columns['Group']!.type, 'code');
  assert.deepEqual(
    rowsOf(read.drafts, 'measurement').map(({ values }) => [values.operator_concept_id, values.value_as_number]),
    [
      [4171756, 0.6],
      [null, 1.2],
      [null, 15],
      [4172704, 200],
      [4171754, 3],
    ],
  );
});

test('a row without the date that dates the others is admitted, and makes no fact', async () => {
  const { map, read, notes } = await tried([
    'subject_id,visit,bled on,bleeds',
    ...Array.from({ length: 8 }, (_, row) => `s${row >> 1},v${row % 2},${row % 4 ? `2019-05-0${row}` : ''},${row}`),
  ]);
  assert.deepEqual(read.leftOut, {});
  assert.deepEqual([read.admitted, rowsOf(read.drafts, 'measurement').length], [8, 6]);
  assert.deepEqual(map.mapping.tables['ROWS']!.record, ['subject_id', 'visit']);
  assert.ok(notes.includes('rows are dated by bled on, which 2 of 8 rows of the sample lack: they make no facts'));
});

test('day and month stand in all dates of a file in one order', async () => {
  const { read } = await tried(['patient,seen,died,INR', 'a,13/04/2019,03/04/2021,2.1', 'b,14/04/2019,05/06/2021,2.2']);
  assert.deepEqual(
    rowsOf(read.drafts, 'death').map(({ values }) => values.death_date),
    ['2021-04-03', '2021-06-05'],
  );
});

test('cells of several lines are rows of the sample', async () => {
  const { read } = await tried(['N° patient;seen;INR;text', ...Array.from({ length: 6 }, (_, row) => `p${row};2020-01-0${row + 1};2.${row};"said ""well""\nand left; ${row}"`)]);
  assert.deepEqual([read.admitted, read.leftOut], [6, {}]);
});
