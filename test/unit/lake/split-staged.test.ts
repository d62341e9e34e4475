import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { withScratch } from '../../../lambdas/adapters/scratch.ts';
import { splitStaged } from '../../../lambdas/adapters/split-staged.ts';

const row = (table: string, value: number) => `${JSON.stringify({ table, record_key: 'k', text: 'ä'.repeat(value % 700), value })}\n`;

test('every row comes into the file of its table, in order, whatever the pieces; gzip files may be joined end to end', async () => {
  const tables = ['measurement', 'person', 'record', 'measurement'];
  const rows = Array.from({ length: 5000 }, (_, index) => ({ table: tables[index % 4]!, line: row(tables[index % 4]!, index) }));
  const half = rows.length / 2;
  const joined = (part: typeof rows) => part.map(({ line }) => line).join('');
  await withScratch(async (folder) => {
    const paths = [join(folder, 'a.ndjson.gz'), join(folder, 'b.ndjson')];
    writeFileSync(paths[0]!, Buffer.concat([gzipSync(joined(rows.slice(0, 1000))), gzipSync(joined(rows.slice(1000, half)))]));
    // without a line feed at its end
    writeFileSync(paths[1]!, joined(rows.slice(half)).trimEnd());
    const split = await splitStaged(paths, folder);
    assert.deepEqual([...split.keys()].sort(), ['measurement', 'person', 'record']);
    for (const [table, path] of split) assert.equal(readFileSync(path, 'utf8'), joined(rows.filter((each) => each.table === table)));
  });
});

for (const line of ['{"record_key":"k","table":"person"}', '{"table":"../person"}', 'no row']) {
  test(`a row that does not begin with its table is a fault that quotes nothing: ${line}`, () =>
    withScratch(async (folder) => {
      writeFileSync(join(folder, 'a.ndjson'), `${line}\n`);
      await assert.rejects(splitStaged([join(folder, 'a.ndjson')], folder), { message: 'a staged row does not begin with its table' });
    }));
}
