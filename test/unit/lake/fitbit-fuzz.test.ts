import assert from 'node:assert/strict';
import { test } from 'node:test';
import source from '../../../config/sources/fitbit-csv.json' with { type: 'json' };
import { WearableCsvMap } from '../../../lambdas/domain/lake/formats/wearable/map.ts';
import { readWearableCsv } from '../../../lambdas/domain/lake/formats/wearable/read.ts';
import { mutate, seeded } from './mutate.ts';
import { fixtureText, read, textFile } from './wearable-units.ts';

const MAP = WearableCsvMap.parse(source);
const WORDS = [',', '\n', '"', '\u0000', 'NaN', '-1', '1e9', '13/13/2026', '02-30-26', '25:00:00', 'PM', 'True', ' '];

test('10,000 damaged tables: what is admitted has a date and a number that is possible, every record is counted once', async () => {
  const random = seeded(33);
  const sources = ['daily-activity', 'weight-log', 'heart-rate-seconds', 'minute-steps-wide'].map((name) => Buffer.from(fixtureText(`fitbit/${name}.csv`)));
  let [admitted, left, refusals] = [0, 0, 0];
  for (let round = 0; round < 10_000; round++) {
    const { drafts, units, refused } = await read(readWearableCsv, textFile(mutate(sources[round % 4]!, WORDS, random), { chunk: 64 + (round % 900) }), MAP);
    if (refused) {
      refusals += 1;
      continue;
    }
    assert.equal(new Set(units.map(({ where }) => where)).size, units.length, 'a record is told once');
    for (const { values } of drafts) {
      const {
        measurement_date: day,
        value_as_number: value,
        measurement_source_value: code,
      } = values as { measurement_date: string; value_as_number: number; measurement_source_value: string };
      assert.ok(day === new Date(`${day}T00:00:00Z`).toISOString().slice(0, 10));
      assert.ok(Number.isFinite(value) && value >= 0, code);
      if (code === '29463-7') assert.ok(value <= 700);
    }
    for (const unit of units) 'findings' in unit ? left++ : admitted++;
  }
  assert.ok(admitted > 5000 && left > 2000 && refusals > 100, `${admitted} admitted, ${left} left out, ${refusals} files refused`);
});
