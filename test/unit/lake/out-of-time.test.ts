import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withScratch } from '../../../lambdas/adapters/scratch.ts';
import { setFile } from '../../../lambdas/adapters/set-files.ts';
import { stageSet } from '../../../lambdas/adapters/stage-set.ts';
import type { FileReading } from '../../../lambdas/domain/lake/staged-set.ts';
import { findSource } from '../../../lambdas/domain/lake/sources.ts';
import { PARTITIONS, SECRET } from './ingest-file.ts';
import { FILES_OF } from './planted/files-of.ts';
import type { PlantedFile } from './planted/identifiers.ts';

/** The files twice: the first time no time is left to read them. */
const readings = (source: string, planted: readonly PlantedFile[]): Promise<FileReading[]> =>
  withScratch(async (folder) => {
    const files = [0, Number.POSITIVE_INFINITY].flatMap((until, copy) =>
      planted.map(({ name, content }, place) => {
        const index = copy * planted.length + place;
        const path = join(folder, `input-${index}`);
        writeFileSync(path, content);
        return setFile(index, path, content.length, name, until);
      }),
    );
    return (await stageSet(findSource(source)!, files, SECRET, folder, PARTITIONS)).files;
  });

test('a large set of Bulk Data, which the engine reads, as well', async () => {
  const line = (index: number): string => JSON.stringify({ resourceType: 'Basic', id: `b${index}`, text: { div: 'x'.repeat(1000) } });
  const content = Buffer.from(`${Array.from({ length: 9_000 }, (_, index) => line(index)).join('\n')}\n`);
  const [late] = await readings('fhir-ndjson', [{ name: 'large.ndjson', content }]);
  assert.equal(late!.refused?.reason, 'out-of-time');
});

for (const [source, files] of Object.entries(FILES_OF)) {
  test(`source ${source}: a file that cannot be read in time is refused, and the others are read`, async () => {
    const planted = files();
    const read = await readings(source, planted);
    for (const { refused, admitted } of read.slice(0, planted.length)) {
      assert.equal(refused?.reason, 'out-of-time');
      assert.match(refused!.detail, /divide its patients over several files, or its files over several uploads/);
      assert.equal(admitted, 0);
    }
    for (const { refused } of read.slice(planted.length)) assert.notEqual(refused?.reason, 'out-of-time');
    assert.ok(read.some(({ admitted }) => admitted > 0));
  });
}
