import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import source from '../../../config/sources/cgm.json' with { type: 'json' };
import { CgmMap } from '../../../lambdas/domain/lake/formats/cgm/map.ts';
import { readCgm } from '../../../lambdas/domain/lake/formats/cgm/read.ts';
import type { Draft } from '../../../lambdas/domain/lake/reading.ts';
import { fileOnDisk, fixture, read, sharedFolder, textFile, told } from './wearable-units.ts';

const MAP = CgmMap.parse(source);
type Values = {
  measurement_source_value: string;
  value_as_number: number;
  operator_concept_id: number | null;
  value_source_value: string;
  unit_source_value: string;
  measurement_date: string;
  measurement_datetime: string | null;
};
const valuesOf = (drafts: readonly Draft[], concept: string): Values[] =>
  drafts.map(({ values }) => values as Values).filter((values) => values.measurement_source_value === concept);
const RAW = '99504-3';

describe('continuous glucose monitoring', () => {
  test('readings are admitted, each bad row left out by its reason', async () => {
    const { drafts, left } = await read(readCgm, fixture('cgm/readings.csv'), MAP);
    assert.deepEqual(
      valuesOf(drafts, RAW).map(({ value_as_number: value, operator_concept_id: operator, value_source_value: said, measurement_datetime: at }) => [at, value, operator, said]),
      [
        ['2026-03-01T23:50:00', 110, null, '110'],
        ['2026-03-01T23:55:00', 40, 4_171_756, 'LOW'],
        ['2026-03-02T00:00:00', 65, null, '65'],
        ['2026-03-02T00:05:00', 190, null, '190'],
        ['2026-03-02T00:55:00', 260, null, '260'],
        ['2026-03-02T00:01:00', 400, 4_172_704, 'High'],
        ['2026-03-02T01:01:00', 100, null, '100'],
      ],
    );
    assert.deepEqual(left, {
      'row 6': ['- duplicate-record'],
      'row 7': ['- clock-backwards'],
      'row 8': ['time no-time-zone'],
      'row 9': ['glucose wrong-unit'],
      'row 10': ['glucose wrong-unit'],
      'row 11': ['glucose impossible-value'],
      'row 12': ['glucose missing-value'],
      'row 13': ['subject missing-key'],
      'row 14': ['time unparsable-date'],
      'row 15': ['- wrong-column-count'],
      'row 16': ['- clock-backwards'],
    });
    assert.doesNotMatch(JSON.stringify(drafts.map(({ values }) => values)), /planted/i);
  });

  test('days and hours are summarised by the consensus’ ranges', async () => {
    const { drafts } = await read(readCgm, fixture('cgm/readings.csv'), MAP);
    const day = (concept: string) =>
      valuesOf(
        drafts.filter(({ subject }) => subject === 'planted-1'),
        concept,
      ).map(({ value_as_number: value }) => value);
    assert.deepEqual(day('glucose_mean_day'), [75, Number((515 / 3).toPrecision(12))]);
    assert.deepEqual(
      [day('glucose_below_54_day'), day('glucose_54_to_69_day'), day('glucose_in_range_day'), day('glucose_181_to_250_day'), day('glucose_above_250_day')].map((values) =>
        values.map((value) => Number(value.toFixed(2))),
      ),
      [
        [50, 0],
        [0, 33.33],
        [50, 0],
        [0, 33.33],
        [0, 33.33],
      ],
    );
    assert.deepEqual(day('glucose_longest_gap_day'), [23 * 60 + 50, 23 * 60 + 5]);
    assert.deepEqual(
      valuesOf(drafts, 'glucose_readings_hour').map(({ value_as_number: value, measurement_datetime: at }) => [at, value]),
      [
        ['2026-03-01T23:00:00', 2],
        ['2026-03-02T00:00:00', 3],
        ['2026-03-02T00:00:00', 1],
        ['2026-03-02T01:00:00', 1],
      ],
    );
  });

  test('mmol/L is made mg/dL, and keeps its own ranges 3.9 to 10.0; a unit that the value or the quantity does not have is left out', async () => {
    const { drafts, left } = await read(readCgm, fixture('cgm/mmol.csv'), MAP);
    assert.deepEqual(
      valuesOf(drafts, RAW).map(({ value_as_number: value, value_source_value: said, unit_source_value: unit }) => [value, said, unit]),
      [
        [70.26084, '3.9', 'mmol/L'],
        [180.156, '10.0', 'mmol/L'],
        [181.95756, '10.1', 'mmol/L'],
        [68.45928, '3.8', 'mmol/L'],
        [126, '126', 'mg/dL'],
      ],
    );
    assert.deepEqual(
      valuesOf(drafts, 'glucose_in_range_day').map(({ value_as_number: value }) => value),
      [60],
    );
    assert.deepEqual(left, { 'row 5': ['glucose wrong-unit'], 'row 6': ['unit wrong-unit'] });
  });

  test('what is kept is said by the map; another table is refused', async () => {
    const raw = await read(readCgm, fixture('cgm/mmol.csv'), { ...MAP, keep: 'raw', summaries: [] });
    assert.equal(raw.drafts.length, 5);
    const summaries = await read(readCgm, fixture('cgm/mmol.csv'), { ...MAP, keep: 'summaries' });
    assert.equal(valuesOf(summaries.drafts, RAW).length, 0);
    assert.equal(summaries.admitted.length, 5);
    const meals = await read(readCgm, textFile('id,meal,mealtime\n1,a,2\n'), MAP);
    assert.deepEqual([meals.refused?.refused, meals.refused?.detail], ['not-this-format', 'the file has no column of the time: one of time, timestamp']);
    assert.equal((await read(readCgm, textFile(''), MAP)).refused?.refused, 'not-this-format');
    assert.throws(() => CgmMap.parse({ ...source, order: 'any' }), /ascending, descending or either/);
  });

  test('the same table in other hands: letters’ case, delimiters, decimal commas, UTF-16, newest first, empty rows at the end', async () => {
    const rows = Array.from({ length: 20 }, (_, at) => [
      'P-1',
      `2026-03-02T${String(8 + Math.floor(at / 12)).padStart(2, '0')}:${String((at % 12) * 5).padStart(2, '0')}:00Z`,
      `${100 + at}.5`,
    ]);
    const table = (header: string, of: readonly (readonly string[])[], delimiter = ',') => [header, ...of.map((cells) => cells.join(delimiter))].join('\n');
    const plain = table('id,time,gl', rows);
    const summary = async (content: string | Uint8Array) => {
      const { drafts, left, refused } = await read(readCgm, textFile(content), MAP);
      assert.deepEqual([left, refused], [{}, null]);
      return told(drafts).sort();
    };
    const expected = await summary(plain);
    assert.equal(expected.length, 20 + 12 + 2 * 7);
    for (const content of [
      table('ID,Time,GL', rows),
      table('id,time,gl', rows.toReversed()),
      table('id\ttime\tgl', rows, '\t'),
      table(
        'id;time;gl',
        rows.map(([id, time, gl]) => [id!, time!, gl!.replace('.', ',')]),
        ';',
      ),
      table(
        'id,time,gl',
        rows.map(([id, time, gl]) => [id!, time!.replace('T', ' ').replace('Z', ' +0000'), gl!]),
      ),
      table(
        'id,time,gl',
        rows.map(([id, time, gl]) => [id!, time!.replace('T', ' ').replace('Z', ' UTC'), gl!]),
      ),
      Buffer.from(`\uFEFF${plain}`, 'utf16le'),
      `\uFEFF${plain.replaceAll('\n', '\r\n')}\r\n\r\n,,\r\n`,
    ])
      assert.deepEqual(await summary(content), expected);
  });

  test('lines that end in CR alone are refused by that name, however many; a CR too much is none', async () => {
    const rows = (count: number, end: string) => ['id,time,gl', ...Array.from({ length: count }, () => 'P-1,2026-03-02T08:00:00Z,100'), ''].join(end);
    for (const text of [rows(1, '\r'), rows(3000, '\r'), `${rows(1, '\r')}\n`, `id,time,gl,note\r${rows(1, '\r')}`, Buffer.from(`\uFEFF${rows(1, '\r')}`, 'utf16le')])
      assert.equal((await read(readCgm, textFile(text), MAP)).refused?.detail, 'the file’s lines end in CR alone; they must end in LF or CRLF');
    for (const text of [rows(1, '\r\n'), rows(1, '\r\r\n'), `Planted,Title\rof two lines\n${rows(1, '\n')}`]) {
      const { admitted, refused } = await read(readCgm, textFile(text), MAP);
      assert.deepEqual([admitted, refused], [['row 1'], null]);
    }
  });

  test('a reading out of place is left out, whichever way the others go', async () => {
    const times = ['09:00', '08:55', '09:20', '08:50', '08:45', '08:40', '08:35'];
    const { left, admitted } = await read(readCgm, textFile(`id,time,gl\n${times.map((time) => `P-1,2026-03-02T${time}:00Z,100`).join('\n')}\n`), MAP);
    assert.deepEqual(left, { 'row 3': ['- clock-backwards'] });
    assert.equal(admitted.length, 6);
  });

  test('few rows of a subject, newest first, lose none; in a file that ascends, a clock that goes backwards is a finding', async () => {
    const of = (subject: string, ...times: string[]) => times.map((time) => `${subject},2026-03-02T${time}:00Z,100`);
    const left = async (...subjects: string[][]) => (await read(readCgm, textFile(['id,time,gl', ...subjects.flat()].join('\n')), MAP)).left;
    const rows = { on: of('P-1', '08:50', '08:55', '09:00'), newestFirst: of('P-2', '09:00', '08:55', '08:50'), once: of('P-3', '09:00', '08:55') };
    assert.deepEqual(await left(of('P-1', '09:00', '08:55')), {});
    assert.deepEqual(await left(rows.newestFirst), {});
    assert.deepEqual(await left(rows.newestFirst, of('P-4', '09:00', '08:55', '08:50'), rows.once), {});
    assert.deepEqual(await left(rows.on, rows.newestFirst), {}, 'two steps say it by themselves');
    assert.deepEqual(await left(rows.on, rows.once), { 'row 5': ['- clock-backwards'] });
    assert.deepEqual(await left(rows.once, rows.on), { 'row 2': ['- clock-backwards'] }, 'wherever it stands');
    assert.deepEqual(await left(of('P-1', '09:00', '09:05', '08:00', '08:05', '08:10')), {
      'row 3': ['- clock-backwards'],
      'row 4': ['- clock-backwards'],
      'row 5': ['- clock-backwards'],
    });
  });

  test('a column that numbers the rows makes no person of each', async () => {
    const rows = (count: number) => Array.from({ length: count }, (_, at) => `${at + 1},2026-03-02T08:${String(at).padStart(2, '0')}:00Z,${100 + at}`);
    const refused = async (lines: string[]) => (await read(readCgm, textFile(['id,time,gl', ...lines].join('\n')), MAP)).refused?.detail;
    assert.match((await refused(rows(20)))!, /^the column of the subject numbers the rows/);
    assert.equal(await refused(rows(19)), undefined);
    assert.equal(await refused(rows(30).map((row) => row.replace(/T08:\d\d/, 'T08:00'))), undefined, 'the latest reading of each of 30 people');
    assert.equal(await refused(rows(30).map((row, at) => row.replace(/T08:\d\d/, `T08:${String((at * 7) % 60).padStart(2, '0')}`))), undefined);
    assert.match((await refused(rows(30).filter((_, at) => at % 7 !== 3)))!, /^the column of the subject numbers the rows/);
    assert.equal(await refused(rows(30).map((row) => `P-${row}`)), undefined);
    assert.match((await refused([...rows(30), '1,2026-03-02T09:00:00Z,100']))!, /^the column of the subject numbers the rows/, 'one number out of place');
    const twice = rows(40).map((row, at) => (at === 20 ? row.replace('08:20', '08:19') : row));
    assert.match((await refused(twice))!, /^the column of the subject numbers the rows/, 'one time said twice');
    assert.equal(await refused(rows(40).map((row, at) => (at % 8 === 7 ? row.replace(/^\d+/, '1') : row))), undefined, 'too many are of one person');
    const inTurn = Array.from({ length: 120 }, (_, at) => `${100 + (at % 40)},${new Date(Date.UTC(2026, 2, 2, 8, 0, at * 7)).toISOString()},100`);
    assert.equal(await refused(inTurn), undefined, '40 people in turn');
    const inPairs = rows(60).map((row, at) => row.replace(/^\d+/, String(Math.floor(at / 2))));
    assert.equal(await refused(inPairs), undefined, 'two readings of each of 30 people');
  });

  test('seconds and milliseconds since 1970 are told apart', async () => {
    const { drafts, left } = await read(readCgm, textFile('id,time,gl\nP-1,1772409600,100\nP-1,1772409900000,101\nP-1,177240990000000,101\n'), MAP);
    assert.deepEqual(
      valuesOf(drafts, RAW).map(({ measurement_datetime: at }) => at),
      ['2026-03-02T00:00:00', '2026-03-02T00:05:00'],
    );
    assert.deepEqual(left, { 'row 3': ['time unparsable-date'] });
  });

  test('a number with all digits that a program has is one', async () => {
    const { drafts, left } = await read(readCgm, textFile('id,time,gl\nP-1,2026-03-02T08:00:00Z,160.93755752241984\n'), MAP);
    assert.deepEqual([left, valuesOf(drafts, RAW)[0]!.value_source_value], [{}, '160.93755752241984']);
  });

  test('the hour that a clock has twice is two hours of readings', async () => {
    const rows = Array.from({ length: 40 }, (_, at) => `P-1,${new Date(Date.UTC(2026, 9, 24, 23, 30 + at * 5)).toISOString().slice(0, 19)}Z,${100 + at}`);
    const map = { ...MAP, time: { ...MAP.time, clock: 'Europe/Vienna' } };
    const { drafts, left } = await read(readCgm, textFile(`id,time,gl\n${rows.join('\n')}\n`), map);
    const readings = drafts.filter(({ values }) => (values as Values).measurement_source_value === RAW);
    assert.deepEqual([left, readings.length, new Set(readings.map(({ record }) => record)).size], [{}, 40, 40]);
    assert.equal(readings.filter(({ values }) => (values as Values).measurement_datetime!.startsWith('2026-10-25T02:')).length, 24);
  });

  test('two keys whose letters or digits were lost are not made one person', async () => {
    const shortened = await read(readCgm, textFile('id,time,gl\n1.50396E+12,2026-03-02T08:00:00Z,100\n1503960366123,2026-03-02T08:00:00Z,100\n'), MAP);
    assert.deepEqual([shortened.left, shortened.admitted], [{ 'row 1': ['subject malformed-row'] }, ['row 2']]);
    const latin1 = Buffer.from('id,time,gl\nM\xFCller,2026-03-02T08:00:00Z,100\nP-2,2026-03-02T08:00:00Z,100\n', 'latin1');
    const { left, admitted } = await read(readCgm, textFile(latin1), MAP);
    assert.deepEqual([left, admitted], [{ 'row 1': ['subject malformed-row'] }, ['row 2']]);
    const said = await read(readCgm, textFile(latin1), { ...MAP, encoding: 'windows-1252' });
    assert.deepEqual([said.left, said.drafts[0]!.subject], [{}, 'Müller']);
  });

  test('an export of one patient: a title above the names, rows of other kinds, no column of the patient', async () => {
    const export_ = [
      'Glucose Data,Generated on,03-03-2026 10:00 UTC,Generated by,Planted Person',
      'Device,Device Timestamp,Record Type,Historic Glucose mmol/L,Scan Glucose mmol/L',
      'Libre,02-03-2026 23:50,0,5.5,',
      'Libre,02-03-2026 23:57,1,,5.9',
      'Libre,03-03-2026 00:05,0,6.5,',
      'Libre,03-03-2026 00:10,6,,',
      'Libre,03-03-2026 00:20,0,high,',
    ].join('\n');
    const map = CgmMap.parse({
      ...source,
      columns: { subject: { is: 'P-17' }, time: ['Device Timestamp'], glucose: ['Historic Glucose mmol/L'] },
      rows: { column: 'Record Type', values: ['0'] },
      time: { formats: ['DD-MM-YYYY HH:mm'], zoneless: 'local' },
      unit: 'mmol/L',
    });
    const { drafts, left, units } = await read(readCgm, textFile(export_), map);
    assert.deepEqual(
      valuesOf(drafts, RAW).map(({ value_as_number: value, value_source_value: said, measurement_datetime: at }) => [at, value, said]),
      [
        ['2026-03-02T23:50:00', 99.0858, '5.5'],
        ['2026-03-03T00:05:00', 117.1014, '6.5'],
        ['2026-03-03T00:20:00', 400, 'high'],
      ],
    );
    assert.deepEqual(new Set(drafts.map(({ subject }) => subject)), new Set(['P-17']));
    assert.deepEqual([left, units.length], [{}, 3]);
    assert.doesNotMatch(JSON.stringify([units, drafts]), /Planted/);
    const wrong = { ...map, rows: { column: 'Record Type', values: ['Historic', '7'] } };
    for (const [text, count] of [
      [export_, 5],
      [`${export_}\nLibre,03-03-2026 00:30,0`, 5],
    ] as const)
      assert.deepEqual((await read(readCgm, textFile(text), wrong)).refused, {
        file: 0,
        refused: 'not-this-format',
        detail: `no row has Historic or 7 in the column Record Type: all ${count} are of another kind`,
      });
    const noTime = await read(readCgm, textFile(export_.replaceAll(/0[23]-03-2026 /g, '')), map);
    assert.deepEqual([noTime.refused, Object.keys(noTime.left).length], [null, 3], 'readings that are left out are readings');
    const other = await read(readCgm, textFile('id,time,gl\n1,2,3\n'), map);
    assert.equal(other.refused?.detail, 'the file has no column of the time: one of Device Timestamp');
  });

  const folder = sharedFolder('cgm');
  test('five subjects: every reading is admitted, means are the published ones', { skip: folder === null && '../shared/data/cgm is not there' }, async () => {
    const { drafts, admitted, left } = await read(readCgm, fileOnDisk(join(folder!, 'example_data_5_subject.csv')), MAP);
    assert.deepEqual([admitted.length, left], [13_866, {}]);
    const means = [
      ...Map.groupBy(
        drafts.filter(({ values }) => (values as Values).measurement_source_value === RAW),
        ({ subject }) => subject,
      ),
    ].map(([subject, rows]) => [subject, Number((rows.reduce((sum, { values }) => sum + (values as Values).value_as_number, 0) / rows.length).toFixed(2))]);
    // the data's provenance gives them
    assert.deepEqual(means, [
      ['Subject 1', 123.67],
      ['Subject 2', 218.45],
      ['Subject 3', 154.04],
      ['Subject 4', 129.67],
      ['Subject 5', 174.61],
    ]);
    const readings = valuesOf(drafts, 'glucose_readings_day').reduce((sum, { value_as_number: value }) => sum + value, 0);
    assert.equal(readings, 13_866);
  });
});
