import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { xptRows } from '../../../lambdas/domain/lake/formats/xpt/rows.ts';
import { mutate, seeded } from './mutate.ts';
import { memoryFile, xptMap } from './xpt-bytes.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/xpt');
const WORDS = [
  'HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!',
  'HEADER RECORD*******OBSV8   HEADER RECORD!!!!!!!',
  '999999999999999',
  '\xff\xff\xff\xff',
  '\0\0\0\0',
  ' '.repeat(80),
  'LABELV8 ',
  '\x7f\xff',
];

describe('damaged SAS transport files', () => {
  it('gives rows or a refusal for each of 10,000, never an error, and no value that a row cannot hold', async () => {
    const sources = readdirSync(FIXTURES)
      .filter((name) => name.endsWith('.xpt'))
      .map((name) => readFileSync(join(FIXTURES, name)));
    const random = seeded(20260101);
    const map = xptMap('auto');
    let refused = 0;
    let rows = 0;
    for (let run = 0; run < 10_000; run++) {
      const bytes = mutate(sources[run % sources.length]!, WORDS, random);
      let here = 0;
      for await (const entry of xptRows([memoryFile(bytes, 'xpt', { chunk: 1 + Math.floor(random() * 5000) })], map)) {
        if ('refused' in entry) {
          refused += 1;
          assert.equal(here, 0, 'a file that is refused gives no row');
          continue;
        }
        here += 1;
        for (const value of entry.cells.values()) assert.ok(value === null || typeof value === 'string' || Number.isFinite(value));
        assert.ok(here <= bytes.length, 'no more rows than bytes');
      }
      rows += here;
    }
    assert.ok(refused > 1000 && rows > 1000, `both outcomes are met: ${refused} refused, ${rows} rows`);
  });
});
