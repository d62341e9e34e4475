import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import source from '../../../config/sources/fitbit-csv.json' with { type: 'json' };
import { WearableCsvMap, headerOf } from '../../../lambdas/domain/lake/formats/wearable/map.ts';
import { readWearableCsv } from '../../../lambdas/domain/lake/formats/wearable/read.ts';
import { fileOnDisk, fixture, read, sharedFolder, textFile, told } from './wearable-units.ts';

const MAP = WearableCsvMap.parse(source);

describe('Fitbit’s tables', () => {
  test('daily activity: US and spreadsheet dates, kilometres, impossible values', async () => {
    const { drafts, left, admitted } = await read(readWearableCsv, fixture('fitbit/daily-activity.csv'), MAP);
    assert.deepEqual(admitted, ['row 1', 'row 2']);
    assert.deepEqual(told(drafts).slice(0, 3), [
      '41950-7 8123 {steps} 2026-03-02',
      'activity_distance_day 5500 km 2026-03-02',
      'vigorous_activity_distance_day 1000 km 2026-03-02',
    ]);
    assert.equal(told(drafts)[10], '41950-7 10 {steps} 2026-03-03');
    assert.deepEqual(left, {
      'row 3': ['- duplicate-record'],
      'row 4': ['ActivityDate unparsable-date'],
      'row 5': ['TotalSteps impossible-value', 'VeryActiveMinutes impossible-value', 'LightlyActiveMinutes impossible-value', 'SedentaryMinutes unparsable-number'],
    });
  });

  test('weights: kilograms that the pounds contradict are left out, what a person entered is self-reported', async () => {
    const { drafts, left } = await read(readWearableCsv, fixture('fitbit/weight-log.csv'), MAP);
    assert.deepEqual(told(drafts), [
      '29463-7 62.5 kg 2026-03-02T23:59:59',
      '41982-0 22 % 2026-03-02T23:59:59',
      '39156-5 24.39 kg/m2 2026-03-02T23:59:59',
      '29463-7 62.1 kg 2026-03-03T07:08:52',
      '39156-5 24.2 kg/m2 2026-03-03T07:08:52',
    ]);
    assert.deepEqual(
      drafts.map(({ values }) => (values as { measurement_type_concept_id: number }).measurement_type_concept_id),
      [32_865, 32_865, 32_865, 0, 0],
    );
    assert.deepEqual(left, { 'row 3': ['WeightKg contradictory-value'] });
  });

  test('heart rate by the second is summarised to hours and days', async () => {
    const { drafts, left } = await read(readWearableCsv, fixture('fitbit/heart-rate-seconds.csv'), MAP);
    assert.deepEqual(told(drafts.filter(({ values }) => /(mean|readings)_(day|hour)/.test((values as { measurement_source_value: string }).measurement_source_value))), [
      'heart_rate_mean_day 63 /min 2026-03-02',
      'heart_rate_readings_day 2 1 2026-03-02',
      'heart_rate_mean_hour 63 /min 2026-03-02T23:00:00',
      'heart_rate_readings_hour 2 1 2026-03-02T23:00:00',
      'heart_rate_mean_day 71 /min 2026-03-03',
      'heart_rate_readings_day 2 1 2026-03-03',
      'heart_rate_mean_hour 71 /min 2026-03-03T00:00:00',
      'heart_rate_readings_hour 2 1 2026-03-03T00:00:00',
    ]);
    assert.deepEqual(left, { 'row 4': ['- clock-backwards'], 'row 6': ['Value impossible-value'] });
  });

  test('seconds newest first are read, few as they are', async () => {
    const { left, admitted } = await read(readWearableCsv, textFile('Id,Time,Value\n9,3/2/2026 7:00:10 AM,60\n9,3/2/2026 7:00:05 AM,61\n9,3/2/2026 7:00:00 AM,62\n'), MAP);
    assert.deepEqual([left, admitted.length], [{}, 3]);
  });

  test('a column per minute is summed to hours', async () => {
    const { drafts } = await read(readWearableCsv, fixture('fitbit/minute-steps-wide.csv'), MAP);
    assert.deepEqual(told(drafts), ['step_count_hour 90 {steps} 2026-03-02T07:00:00', 'step_count_hour 0 {steps} 2026-03-02T08:00:00']);
  });

  test('dates as spreadsheets and databases write them; a day alone is no hour', async () => {
    const dates = ['3/2/2026', '03/02/26', '03-02-26', '2026-03-02', '3/2/2026 12:00:00 AM', '3/2/2026 0:00', '3/2/26 0:00', '2026-03-02 00:00:00'];
    for (const date of dates) {
      const { drafts } = await read(readWearableCsv, textFile(`Id,ActivityDay,StepTotal\n9000000001,${date},8123\n`), MAP);
      assert.deepEqual(told(drafts), ['41950-7 8123 {steps} 2026-03-02'], date);
    }
    const weighed = async (date: string) =>
      told((await read(readWearableCsv, textFile(`Id,Date,WeightKg,WeightPounds,Fat,BMI,IsManualReport,LogId\n9,${date},62.5,137.79,,24.4,True,1\n`), MAP)).drafts)[0];
    assert.equal(await weighed('3/2/2026 7:08:52 AM'), '29463-7 62.5 kg 2026-03-02T07:08:52');
    assert.equal(await weighed('2026-03-02 07:08:52'), '29463-7 62.5 kg 2026-03-02T07:08:52');
    assert.equal(await weighed('3/2/2026'), '29463-7 62.5 kg 2026-03-02');
    const hourly = await read(readWearableCsv, textFile('Id,ActivityHour,StepTotal\n9,3/2/2026 17:00,12\n9,2026-03-02,7\n9,12-03-2026 16:00,7\n9,3/2/2026 16:00,5\n'), MAP);
    assert.deepEqual(told(hourly.drafts), ['step_count_hour 12 {steps} 2026-03-02T17:00:00', 'step_count_hour 5 {steps} 2026-03-02T16:00:00']);
    assert.deepEqual(hourly.left, { 'row 2': ['ActivityHour unparsable-date'], 'row 3': ['ActivityHour unparsable-date'] });
  });

  test('a file with the day before the month is refused: its first days would be other days', async () => {
    const days = (separator: string, count: number) => Array.from({ length: count }, (_, at) => `9,${[at + 1, 3, 2026].join(separator)},${1000 + at}`);
    const outcome = async (rows: string[]) => read(readWearableCsv, textFile(['Id,ActivityDay,StepTotal', ...rows].join('\n')), MAP);
    assert.equal((await outcome(days('/', 31))).refused?.detail, 'in 19 of 31 rows day and month stand the other way: a map of the source must say D/M/YYYY');
    const fewWrong = await outcome([...days('/', 21).slice(12), ...Array.from({ length: 30 }, (_, at) => `9,4/${at + 1}/2026,1000`)]);
    assert.deepEqual([fewWrong.refused, Object.keys(fewWrong.left).length, fewWrong.admitted.length], [null, 9, 30]);
    const threePeople = [7, 8, 9].flatMap((id) => days('/', 15).map((row) => row.replace(/^9/, String(id))));
    assert.match((await outcome(threePeople)).refused?.detail ?? '', /^in 9 of 45 rows day and month stand the other way/);
    assert.match((await outcome([...threePeople, '9,2026-03-20,1000'])).refused?.detail ?? '', /^in 9 of 46 rows/, 'a date of another format is no proof');
    assert.equal((await outcome([...threePeople, '9,3/20/2026,1000'])).refused, null, 'one date proves the map right');
    assert.equal((await outcome([...days('/', 12), '9,32/3/2026,1000'])).refused, null, 'a date that is none proves nothing');
  });

  test('names in other case, semicolons with decimal commas; in a file of commas a comma is none, nor where it may be one of thousands', async () => {
    const calories = async (text: string) => {
      const { drafts, left } = await read(readWearableCsv, textFile(text), MAP);
      return [told(drafts), left];
    };
    assert.deepEqual(await calories('ID;ACTIVITYDAY;CALORIES\n9;3/2/2026;1985,5\n'), [['41979-6 1985.5 kcal 2026-03-02'], {}]);
    assert.deepEqual(await calories('Id,ActivityDay,Calories\n9,3/2/2026,"1,985"\n'), [[], { 'row 1': ['Calories unparsable-number'] }]);
    assert.deepEqual(await calories('Id;ActivityDay;Calories\n9;3/2/2026;985,125\n'), [['41979-6 985.125 kcal 2026-03-02'], {}]);
    for (const delimiter of ['\t', '|'])
      assert.deepEqual(await calories(['Id,ActivityDay,Calories', '9,3/2/2026,1985_5', '9,3/3/2026,1_985'].join('\n').replaceAll(',', delimiter).replaceAll('_', ',')), [
        ['41979-6 1985.5 kcal 2026-03-02'],
        { 'row 2': ['Calories unparsable-number'] },
      ]);
  });

  test('a table of one person has no column of the person: the map says whose it is', async () => {
    const tables = { 'minute-steps': { ...MAP.tables['minute-steps']!, subject: { is: 'P-17' } } };
    const { drafts, left } = await read(readWearableCsv, textFile('ActivityMinute,Steps\n3/2/2026 7:00:00 AM,12\n3/2/2026 7:01:00 AM,30\n'), { ...MAP, tables });
    assert.deepEqual([told(drafts), drafts[0]!.subject, left], [['step_count_hour 42 {steps} 2026-03-02T07:00:00'], 'P-17', {}]);
  });

  test('a date and a time of day in columns of their own', async () => {
    const table = {
      ...MAP.tables['hourly-steps']!,
      time: { column: 'ActivityDay', ofDay: 'ActivityHour', formats: ['M/D/YYYY H:mm:ss'], zoneless: 'local' as const, hour: 'required' as const },
    };
    const text = 'Id,ActivityDay,ActivityHour,StepTotal\n9,3/2/2026,17:00:00,12\n9,3/2/2026,,7\n';
    const { drafts, left } = await read(readWearableCsv, textFile(text), { ...MAP, tables: { 'hourly-steps': table } });
    assert.deepEqual([told(drafts), left], [['step_count_hour 12 {steps} 2026-03-02T17:00:00'], { 'row 2': ['ActivityDay missing-value'] }]);
  });

  test('the same fact in two tables is one record', async () => {
    const activity = await read(readWearableCsv, fixture('fitbit/daily-activity.csv'), MAP);
    const steps = await read(readWearableCsv, textFile('Id,ActivityDay,StepTotal\n9000000001,3/2/2026,8123\n'), MAP);
    assert.deepEqual(steps.drafts[0], activity.drafts[0]);
  });

  test('no two tables have the same columns, and a file of none is refused', async () => {
    const headers = Object.values(MAP.tables).map((table) => headerOf(table).sort().join(' '));
    assert.equal(new Set(headers).size, headers.length);
    assert.equal((await read(readWearableCsv, textFile('Id,Jane Planted\n1,2\n'), MAP)).refused?.refused, 'not-this-format');
    const workbook = await read(readWearableCsv, textFile(Buffer.from('PK\x03\x04\x14\x00\x06\x00', 'latin1')), MAP);
    assert.match(workbook.refused!.detail, /allowed is text \(CSV; UTF-8 or UTF-16\), no workbook$/);
    const oldMac = await read(readWearableCsv, textFile('Id,ActivityDay,Calories\r9,3/2/2026,1985\r9,3/3/2026,1985\r'), MAP);
    assert.match(oldMac.refused!.detail, /lines end in CR alone/);
    const refusal = async (header: string) => (await read(readWearableCsv, textFile(`${header}\n1,2\n`), MAP)).refused!.detail;
    assert.doesNotMatch(await refusal('Id,Jane Planted'), /Planted/);
    assert.match(
      await refusal('Id,SleepDay,TotalSleepRecords,TotalMinutesAsleep,Jane Planted'),
      /none of the tables daily-activity, .*; of the nearest, sleep-day: TotalTimeInBed missing, 1 it does not describe$/,
    );
  });

  const folder = sharedFolder('fitbit-bellabeat');
  test('33 people of April and May 2016', { skip: folder === null && '../shared/data/fitbit-bellabeat is not there' }, async () => {
    const counts: Record<string, [number, number, string[]]> = {};
    for (const name of ['dailyActivity', 'dailySteps', 'sleepDay', 'weightLogInfo']) {
      const { admitted, drafts, left } = await read(readWearableCsv, fileOnDisk(join(folder!, `${name}_merged.csv`)), MAP);
      counts[name] = [admitted.length, drafts.length, Object.values(left).flat()];
    }
    assert.deepEqual(counts, {
      dailyActivity: [940, 9400, []],
      dailySteps: [940, 940, []],
      sleepDay: [410, 1230, ['- duplicate-record', '- duplicate-record', '- duplicate-record']],
      weightLogInfo: [67, 136, []],
    });
  });
});
