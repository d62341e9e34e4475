import assert from 'node:assert/strict';
import { test } from 'node:test';
import source from '../../../config/sources/cgm.json' with { type: 'json' };
import { CgmMap } from '../../../lambdas/domain/lake/formats/cgm/map.ts';
import { readCgm } from '../../../lambdas/domain/lake/formats/cgm/read.ts';
import { mutate, seeded } from './mutate.ts';
import { fixtureText, read, textFile } from './wearable-units.ts';

const MAP = CgmMap.parse(source);
const WORDS = [',', '\n', '"', '\r\n', '\u0000', 'NaN', '1e9', '-5', 'LOW', 'High', '2026-13-01T00:00:00Z', '1772409600', '99999999999', '+14:00', 'mmol/L', ';', '\ufeff'];

test('10,000 damaged tables: what is admitted is possible and in order, every record is counted once', async () => {
  const random = seeded(5);
  const sources = ['cgm/readings.csv', 'cgm/mmol.csv'].map((name) => Buffer.from(fixtureText(name)));
  let [admitted, left] = [0, 0];
  for (let round = 0; round < 10_000; round++) {
    const { drafts, units, refused } = await read(readCgm, textFile(mutate(sources[round % 2]!, WORDS, random), { chunk: 64 + (round % 900) }), MAP);
    if (refused) continue;
    assert.equal(new Set(units.map(({ where }) => where)).size, units.length, 'a record is told once');
    const last = new Map<string, string>();
    const direction = new Map<string, boolean>();
    for (const { subject, values } of drafts) {
      const {
        measurement_source_value: code,
        value_as_number: value,
        measurement_datetime: at,
      } = values as { measurement_source_value: string; value_as_number: number; measurement_datetime: string };
      assert.ok(Number.isFinite(value));
      if (code !== '99504-3') continue;
      assert.ok(value >= 20 && value <= 600);
      assert.ok(at === new Date(`${at}Z`).toISOString().slice(0, 19) && at > '1970' && at < '2100');
      const before = last.get(subject!);
      assert.ok(subject !== '' && before !== at);
      if (before !== undefined) assert.equal(before < at, direction.get(subject!) ?? before < at, 'times go one way');
      if (before !== undefined) direction.set(subject!, before < at);
      last.set(subject!, at);
    }
    for (const unit of units) 'findings' in unit ? left++ : admitted++;
  }
  assert.ok(admitted > 20_000 && left > 20_000, `${admitted} admitted, ${left} left out`);
});
