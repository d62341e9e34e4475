import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import source from '../../../config/sources/cgm.json' with { type: 'json' };
import { CgmMap } from '../../../lambdas/domain/lake/formats/cgm/map.ts';
import { readCgm } from '../../../lambdas/domain/lake/formats/cgm/read.ts';
import type { Draft } from '../../../lambdas/domain/lake/reading.ts';
import { fileOnDisk, fixture, read, sharedFolder, textFile } from './wearable-units.ts';

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
        ['2026-03-02T00:01:00', 400, 4_172_704, 'High'],
        ['2026-03-02T00:55:00', 260, null, '260'],
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
    assert.throws(() => CgmMap.parse({ ...source, order: 'any' }), /ascending or descending/);
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
