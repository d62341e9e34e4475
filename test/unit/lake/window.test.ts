import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import cgm from '../../../config/sources/cgm.json' with { type: 'json' };
import { CgmMap } from '../../../lambdas/domain/lake/formats/cgm/map.ts';
import { readCgm } from '../../../lambdas/domain/lake/formats/cgm/read.ts';
import { timeReader } from '../../../lambdas/domain/lake/formats/wearable/read-time.ts';
import { SeriesOrder } from '../../../lambdas/domain/lake/formats/wearable/series-order.ts';
import { type StreamRow, SubjectStreams } from '../../../lambdas/domain/lake/formats/wearable/subject-streams.ts';
import { SeriesWindows, type Statistic, type Summary, type SummaryValue } from '../../../lambdas/domain/lake/formats/wearable/windows.ts';
import { read, textFile } from './wearable-units.ts';

const CGM = CgmMap.parse({ ...cgm, keep: 'summaries', summaries: cgm.summaries.filter(({ concept }) => concept === 'glucose_readings_day') });
const MINUTE = 60_000;
const DAY = 86_400_000;
const START = Date.UTC(2026, 2, 2);

const daily = (statistic: Statistic, within?: Summary['within']): Summary => ({ window: 'day', statistic, concept: statistic, unit: '1', within });
const STATISTICS = [
  ...(['mean', 'sd', 'min', 'max', 'sum', 'count', 'coverage', 'longest-gap'] as const).map((statistic) => daily(statistic)),
  daily('share', { atLeast: 70, atMost: 180 }),
];

const summarise = (readings: readonly { clock: number; value: number }[], isAscending = true): Record<string, number>[] => {
  const windows = new SeriesWindows(STATISTICS, 5 * MINUTE, isAscending);
  const closed: SummaryValue[] = [];
  for (const { clock, value } of readings) windows.add(clock, value, value, (summarised) => closed.push(summarised));
  windows.end((summarised) => closed.push(summarised));
  const days = new Map<number, Record<string, number>>();
  for (const { summary, start, value } of closed) days.set(start, { ...days.get(start), [summary.statistic]: value });
  return [...days].sort(([a], [b]) => a - b).map(([, day]) => day);
};

describe('windows of a series', () => {
  test('a day’s statistics are those computed by hand', () => {
    const [day] = summarise([60, 70, 180, 190].map((value, index) => ({ clock: START + 12 * 60 * MINUTE + index * 5 * MINUTE, value })));
    // deviations from 125: 65, 55, 55, 65; the longest gap is midnight to noon; 4 of 288 readings
    assert.deepEqual(day, {
      mean: 125,
      sd: Number(Math.sqrt((2 * 65 ** 2 + 2 * 55 ** 2) / 3).toPrecision(12)),
      min: 60,
      max: 190,
      sum: 500,
      count: 4,
      coverage: Number(((100 * 4) / 288).toPrecision(12)),
      'longest-gap': 720,
      share: 50,
    });
  });

  test('any readings: equal to a computation over the whole day, forwards and backwards', () => {
    const value = fc.integer({ min: 20, max: 600 });
    fc.assert(
      fc.property(fc.array(fc.record({ gap: fc.integer({ min: 1, max: 400 }), value }), { minLength: 1, maxLength: 300 }), (steps) => {
        let clock = START;
        const readings = steps.map(({ gap, value }) => {
          clock += gap * MINUTE;
          return { clock, value };
        });
        const expected = Map.groupBy(readings, ({ clock }) => Math.floor(clock / DAY));
        const found = summarise(readings);
        assert.equal(found.length, expected.size);
        for (const [index, values] of [...expected.values()].map((day) => day.map(({ value }) => value)).entries()) {
          const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
          const close = (a: number | undefined, b: number) => assert.ok(Math.abs(a! - b) <= 1e-9 * Math.max(1, Math.abs(b)), `${a} is not ${b}`);
          close(found[index]!['mean'], mean);
          if (values.length > 1) close(found[index]!['sd'], Math.sqrt(values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (values.length - 1)));
          close(found[index]!['share'], (100 * values.filter((each) => each >= 70 && each <= 180).length) / values.length);
          assert.deepEqual([found[index]!['min'], found[index]!['max'], found[index]!['count']], [Math.min(...values), Math.max(...values), values.length]);
        }
        const backwards = summarise([...readings].reverse(), false);
        for (const [index, day] of found.entries())
          assert.deepEqual([backwards[index]!['longest-gap'], backwards[index]!['count'], backwards[index]!['coverage']], [day['longest-gap'], day['count'], day['coverage']]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the order of a series', () => {
  const judge = (minutes: readonly number[], isAscending = true) => {
    const order = new SeriesOrder<{ order: number }>(isAscending);
    const verdicts = minutes.map((minute) => order.next({ order: minute * MINUTE }));
    const kept = [...verdicts.flatMap(({ kept }) => (kept ? [kept] : [])), order.end()!].map(({ order }) => order / MINUTE);
    return { kept, left: verdicts.flatMap(({ left }) => (left ? [`${left.row.order / MINUTE} ${left.reason}`] : [])) };
  };

  test('times that came before, and clocks that go backwards', () => {
    assert.deepEqual(judge([0, 5, 5, 10, 7, 15]), { kept: [0, 5, 10, 15], left: ['5 duplicate-record', '7 clock-backwards'] });
    assert.deepEqual(judge([15, 10, 10, 12, 5], false), { kept: [15, 10, 5], left: ['10 duplicate-record', '12 clock-backwards'] });
  });

  test('one row that stands out years ahead is left out, not all that come after it', () => {
    assert.deepEqual(judge([0, 5, 1_000_000, 10, 15]), { kept: [0, 5, 10, 15], left: ['1000000 clock-backwards'] });
    assert.deepEqual(judge([1_000_000, 0, 5]), { kept: [0, 5], left: ['1000000 clock-backwards'] });
  });

  test('what is kept is in order, and every row is either kept or left out', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 60 }), (minutes) => {
        const { kept, left } = judge(minutes);
        assert.equal(kept.length + left.length, minutes.length);
        for (let at = 1; at < kept.length; at++) assert.ok(kept[at]! > kept[at - 1]!);
      }),
    );
  });
});

describe('subjects side by side', () => {
  const rowOf = (subject: string, minute: number, value: number): StreamRow => ({
    where: `${subject} ${minute}`,
    text: '',
    subject,
    clock: START + minute * MINUTE,
    order: START + minute * MINUTE,
    readings: [{ series: 0, clock: START + minute * MINUTE, value }],
    drafts: [],
  });
  const policy = { order: 'ascending' as const, series: [{ summaries: [daily('count')], interval: MINUTE }], keepsRaw: false };
  const countAll = (rows: Iterable<StreamRow>) => {
    const days: Record<string, number> = {};
    const streams = new SubjectStreams(0, {
      ...policy,
      summaryDraft: (subject, { value }) => {
        days[subject] = (days[subject] ?? 0) + value;
        return { table: 'measurement', subject, record: subject, values: {} };
      },
    });
    let units = 0;
    for (const row of rows) for (const _ of streams.take(row)) units += 1;
    for (const _ of streams.end()) units += 1;
    return { units, days };
  };

  test('rows of two subjects may alternate', () => {
    const rows = Array.from({ length: 100 }, (_, minute) => rowOf(minute % 2 === 0 ? 'a' : 'b', minute, 1));
    assert.deepEqual(countAll(rows), { units: 100, days: { a: 50, b: 50 } });
  });

  test('of very many subjects none is lost, and few are open', () => {
    const rows = function* () {
      for (let subject = 0; subject < 50_000; subject++) for (let minute = 0; minute < 2; minute++) yield rowOf(`s${subject}`, minute, 1);
    };
    const before = process.memoryUsage().heapUsed;
    const { units, days } = countAll(rows());
    assert.equal(units, 100_000);
    assert.ok(Object.values(days).every((count) => count === 2));
    assert.ok(process.memoryUsage().heapUsed - before < 200 * 2 ** 20);
  });
});

describe('subjects in turn', () => {
  const file = (subjects: number) =>
    textFile(`id,time,gl\n${[0, 5].flatMap((minute) => Array.from({ length: subjects }, (_, at) => `s${at},2026-03-02T08:0${minute}:00Z,100`)).join('\n')}\n`, { chunk: 1 << 16 });

  test('thousands may alternate; of more than can be open at once the file is refused, as their days would fall apart', async () => {
    const { drafts, refused } = await read(readCgm, file(9000), CGM);
    assert.equal(refused, null);
    assert.deepEqual([drafts.length, new Set(drafts.map(({ values }) => (values as { value_as_number: number }).value_as_number))], [9000, new Set([2])]);
    assert.equal((await read(readCgm, file(11_000), CGM)).refused?.detail, 'rows of more than 10000 subjects alternate: sort them by subject');
  });
});

describe('times of a row', () => {
  const clockOf = (text: string, policy: Parameters<typeof timeReader>[0]) => {
    const time = timeReader(policy)(text);
    return 'reason' in time ? time.reason : new Date(time.clock).toISOString().slice(0, 19);
  };
  const local = (...formats: string[]) => ({ formats, zoneless: 'local' as const });

  test('patterns, as trackers and spreadsheets write them', () => {
    const us = local('M/D/YYYY h:mm:ss A', 'M/D/YYYY', 'MM-DD-YY', 'MM-DD-YY H:mm');
    assert.equal(clockOf('4/12/2016 12:00:00 AM', us), '2016-04-12T00:00:00');
    assert.equal(clockOf('4/12/2016 12:00:00 PM', us), '2016-04-12T12:00:00');
    assert.equal(clockOf('4/12/2016', us), '2016-04-12T00:00:00');
    assert.equal(clockOf('04-12-16', us), '2016-04-12T00:00:00');
    assert.equal(clockOf('04-12-16 0:00', us), '2016-04-12T00:00:00');
    for (const wrong of ['13/12/2016', '2/30/2016', '4/12/2016 13:00:00 PM', '2016-04-12', '']) assert.equal(clockOf(wrong, us), 'unparsable-date', wrong);
  });

  test('instants are counted by the patient’s zone, through the end of summer time', () => {
    const vienna = { formats: ['posix-seconds', 'iso8601'], zoneless: 'refused' as const, clock: 'Europe/Vienna' };
    assert.equal(clockOf(String(Date.UTC(2026, 9, 25, 0, 30) / 1000), vienna), '2026-10-25T02:30:00');
    assert.equal(clockOf(String(Date.UTC(2026, 9, 25, 1, 30) / 1000), vienna), '2026-10-25T02:30:00');
    assert.equal(clockOf('2026-07-01T12:00:00-04:00', vienna), '2026-07-01T18:00:00');
    for (const zone of ['-04:00', '-0400', '-04', ' -0400']) assert.equal(clockOf(`2026-07-01 12:00:00${zone}`, vienna), '2026-07-01T18:00:00', zone);
    for (const zone of ['Z', '+00', ' UTC', ' GMT']) assert.equal(clockOf(`2026-07-01 12:00:00.25${zone}`, vienna), '2026-07-01T14:00:00', zone);
    assert.equal(clockOf('2026-07-01T12:00:00+05:30', vienna), '2026-07-01T08:30:00');
    assert.equal(clockOf('2026-07-01T12:00:00', vienna), 'no-time-zone');
    for (const zone of ['+25:00', '+15', '-0060']) assert.equal(clockOf(`2026-07-01T12:00:00${zone}`, vienna), 'unparsable-date', zone);
    assert.equal(clockOf('99999999999999', vienna), 'impossible-value');
  });
});
