import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { CsvTableMap } from '../../../lambdas/domain/lake/formats/csv-table/map.ts';
import { readCsvTable } from '../../../lambdas/domain/lake/formats/csv-table/read.ts';
import { mutate, seeded } from './mutate.ts';
import { countByTable, FIXTURES, memoryFile, type ReadFile, readSet, rowsOf, setOf, told } from './table-set.ts';

const fixture = (name: string): string => join(FIXTURES, 'csv-table', name);
const clinic = JSON.parse(readFileSync(fixture('clinic.json'), 'utf8')) as { mapping: { tables: { visits: unknown } } };
const map = CsvTableMap.parse(clinic);
const readText = async (content: string | Buffer): Promise<ReadFile> => (await readSet(readCsvTable, [memoryFile(content)], map))[0]!;
const [patients, visits, labs] = (await readSet(readCsvTable, setOf(['patients.csv', 'visits.csv', 'labs.csv'].map(fixture)), map)) as [ReadFile, ReadFile, ReadFile];

describe('CSV by a mapping', () => {
  it('leaves out each bad row with its column and reason', () => {
    assert.deepEqual(told(patients), {
      'row 2': 'born unparsable-date',
      'row 3': 'sex unknown-code',
      'row 4': 'ward unknown-code',
      'row 6': 'record duplicate-record',
    });
    assert.deepEqual(told(visits), {
      'row 3': 'weight (lb) impossible-value',
      'row 4': 'sbp unparsable-number',
      'row 5': 'record wrong-column-count',
      'row 6': 'patient missing-key',
      'row 7': 'record malformed-row',
    });
    assert.deepEqual(told(labs), {
      'row 5': 'unit wrong-unit',
      'row 7': 'day impossible-value',
      'row 8': 'day missing-value',
      'row 9': 'result impossible-value',
      'row 10': 'day missing-value',
      'row 11': 'test unknown-code',
    });
    assert.deepEqual([patients.admitted, visits.admitted, labs.admitted], [2, 3, 5]);
  });

  it('makes rows of wide tables, units brought to the standard one', () => {
    assert.deepEqual(countByTable([...patients.drafts, ...visits.drafts]), { person: 2, care_site: 2, measurement: 5 });
    assert.deepEqual(
      rowsOf(patients.drafts, 'person').map(({ subject, careSite, values }) => [subject, careSite, values.gender_concept_id, values.year_of_birth]),
      [
        ['p1', 'W1', 8532, 1950],
        ['p5', 'W2', 8507, 1980],
      ],
    );
    assert.deepEqual(
      rowsOf(visits.drafts, 'measurement').map(({ values }) => [values.measurement_source_value, values.value_as_number, values.measurement_date, values.unit_source_value]),
      [
        ['body_weight', 68.0388555, '2014-03-10', '[lb_av]'],
        ['8480-6', 142, '2014-03-10', 'mm[Hg]'],
        ['8480-6', 138, '2014-03-17', 'mm[Hg]'],
        ['body_weight', 68.49244787, '2014-03-14', '[lb_av]'],
        ['8480-6', 120, '2014-03-14', 'mm[Hg]'],
      ],
    );
  });

  it('makes rows of long tables, their days counted from another file', () => {
    assert.deepEqual(
      rowsOf(labs.drafts, 'measurement').map(({ values }) => [
        values.measurement_source_value,
        values.measurement_date,
        values.value_as_number,
        values.operator_concept_id,
        values.value_source_value,
      ]),
      [
        ['6301-6', '2014-03-10', 2.5, null, '2.5'],
        ['GLU', '2014-03-10', 5.49523746087, null, '99'],
        ['GLU', '2014-03-11', 2.22029796399, 4171756, 'LOW'],
        ['GLU', '2014-03-12', 2, 4171756, '<2'],
        ['XYZ', '2014-02-28', 7, null, '7'],
      ],
    );
  });

  it('reads semicolons, tabs and bars, decimal commas, UTF-16 and the encoding that the map says', async () => {
    const commas = structuredClone(clinic) as { mapping: { tables: { visits: { columns: Record<string, object> } } } };
    Object.assign(commas.mapping.tables.visits.columns['weight (lb)']!, { decimal: ',' });
    const european = CsvTableMap.parse({ ...commas, encoding: 'windows-1252' });
    const body = 'Patient;Date;Weight (lb);SBP;Note\r\np1;10.03.2014;150,5;120;"müde; spät"\r\np2;10.03.2014;150.5;120;\r\n';
    const weights = ({ drafts }: ReadFile) => rowsOf(drafts, 'measurement').filter(({ values }) => values.measurement_source_value === 'body_weight');
    for (const content of [Buffer.from(body, 'latin1'), Buffer.from(`\uFEFF${body}`, 'utf16le'), Buffer.from(`\uFEFF${body}`, 'utf16le').swap16()]) {
      const [read] = await readSet(readCsvTable, [memoryFile(content)], european);
      assert.deepEqual(told(read!), { 'row 2': 'weight (lb) unparsable-number' });
      assert.deepEqual(
        weights(read!).map(({ values }) => [values.value_as_number, values.value_source_value]),
        [[68.265651685, '150.5']],
      );
    }
    assert.equal((await readText('sep=;\r\nPatient;Date;Weight (lb);SBP;Note\r\np1;10.03.2014;150;120;\r\n')).admitted, 1);
    for (const delimiter of ['\t', '|'])
      assert.equal((await readText(['Patient,Date,Weight (lb),SBP,Note', 'p1,10.03.2014,150,120,'].join('\n').replaceAll(',', delimiter))).admitted, 1);
  });

  it('leaves out what is not of the encoding only where it is read', async () => {
    const rows = ['Patient,Date,Weight (lb),SBP,Note', 'p1,10.03.2014,150,120,müde', 'pü,10.03.2014,150,120,'].join('\n');
    assert.deepEqual(told(await readText(Buffer.from(rows, 'latin1'))), { 'row 2': 'record malformed-row' });
  });

  it('keeps neither names nor notes', () => {
    const all = JSON.stringify([patients, visits, labs].flatMap(({ drafts }) => drafts));
    for (const words of ['Muster', 'Erika', '555-0100', 'come again']) assert.ok(!all.includes(words), words);
  });

  it('refuses a file without the header of a table, and quotes nothing of it', async () => {
    const cases: [string | Buffer, RegExp][] = [
      ['p1,Erika Muster,2,12.08.1950,W1,03.03.2014\n', /the first line must be the header of PATIENTS or VISITS or LABS/],
      ['patient,sex\np1,2\n', /no table of the source has this header: that of PATIENTS, the closest, must have name, born, ward, first seen/],
      ['patient,test,day,result,unit,social security number\np1,INR,1,2,,078-05-1120\n', /LABS, the closest, does not describe 1 of its columns/],
      ['patient,test,day,result,unit,unit\np1,INR,1,2,,\n', /each column once/],
      ['patient,test,day,result,unit\n', /no rows/],
      [Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0x0a]), /CSV text in UTF-8/],
      ['', /CSV text in UTF-8/],
      ['patient,test,day,result,unit\rp1,INR,1,2,\rp2,INR,1,2,\r', /lines end in CR alone/],
    ];
    for (const [content, detail] of cases) {
      const { refused, admitted } = await readText(content);
      assert.equal(refused?.refused, 'not-this-format');
      assert.match(refused!.detail, detail);
      assert.ok(!/Erika|078/.test(refused!.detail));
      assert.equal(admitted, 0);
    }
  });

  it('answers 10,000 mutated files, and admits only what the map allows', async () => {
    const random = seeded(20);
    const words = ['"', ',', '\n', '\r\n', '""', 'NA', '1e400', '-1', '\u0000', '\xff', '<', '150', '=1+1', '31.02.2014', 'p1,15.03.2014,150,120,,\n'];
    const source = readFileSync(fixture('visits.csv'));
    const { visits: table } = clinic.mapping.tables;
    const alone = CsvTableMap.parse({ ...clinic, mapping: { ...clinic.mapping, subjects: undefined, tables: { visits: table } } });
    const possible: Readonly<Record<string, [number, number]>> = { body_weight: [0.2, 650], '8480-6': [20, 400] };
    let admitted = 0;
    for (let run = 0; run < 10_000; run++) {
      const bytes = mutate(source, words, random);
      const file = { ...memoryFile(bytes), open: () => Readable.from([bytes]) };
      const [read] = (await readSet(readCsvTable, [file], alone)) as [ReadFile];
      admitted += read.admitted;
      for (const { values, subject } of rowsOf(read.drafts, 'measurement')) {
        assert.ok(subject !== '' && !/[\0\uFFFD]/.test(subject));
        assert.match(String(values.measurement_date), /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/);
        const [low, high] = possible[String(values.measurement_source_value)]!;
        assert.ok(typeof values.value_as_number === 'number' && values.value_as_number >= low && values.value_as_number <= high);
      }
    }
    assert.ok(admitted > 10_000, `${admitted} records admitted`);
  });
});
