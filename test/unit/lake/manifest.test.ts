import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DatasetManifest, type Ingest } from '../../../lambdas/contracts/dataset.ts';
import type { Upload } from '../../../lambdas/contracts/upload.ts';
import { sha256 } from '../../../lambdas/domain/canonical-json.ts';
import { qualityBranches } from '../../../lambdas/domain/lake/quality/sources-of.ts';
import { type FoundObject, admittedOnly, compareRebuild, fileLists, ingestIdOf, manifestOf, sealManifest, sharedProfile } from '../../../lambdas/domain/lake/manifest.ts';

const ingest = (number: number, deidentification: Ingest['deidentification'] = 'safe-harbor'): Ingest => {
  const ingestId = `ing_${String(number).padStart(8, '0')}`;
  const object = (table: string, partition: number) => ({
    bucket: 'lake',
    key: `omop/${table}/partition=${partition}/${ingestId}.parquet`,
    versionId: `v${number}${partition}`,
    sha256: sha256(`${ingestId}${table}${partition}`),
    bytes: 100 + number,
    table,
    partition,
    use: 'development' as const,
    ingestId,
    source: 'iwpc',
    mapVersion: '1',
    rows: 3,
  });
  const report = { read: 3, admitted: 3, quarantinedRows: 0, quarantined: [], rows: {}, patients: 3, sites: ['1'] };
  const objects = ['person', 'measurement'].flatMap((table) => [object(table, 0), object(table, 1)]);
  return {
    ingestId,
    uploadId: `upl_${String(number).padStart(8, '0')}`,
    source: 'iwpc',
    mapVersion: '1',
    use: 'development',
    fileSha256: sha256(String(number)),
    deidentification,
    objects,
    quarantine: [],
    report,
    committedAt: '2026-01-01T00:00:00Z',
  };
};
const seal = (ingests: Ingest[]) => sealManifest(manifestOf(ingests, 'safe-harbor'));

test('the same ingests are the same dataset in any order; the id is the content’s hash', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([1, 2, 3, 4, 5], { minLength: 2 }), (numbers) => {
      const { text, contentSha256, datasetId } = seal(numbers.map((number) => ingest(number)));
      assert.deepEqual(seal(numbers.toSorted().map((number) => ingest(number))), { text, contentSha256, datasetId });
      assert.equal(datasetId, `ds_${sha256(text).slice(0, 32)}`);
      DatasetManifest.parse(JSON.parse(text));
    }),
  );
});

test('another version of one object is another dataset', () => {
  const changed = ingest(1);
  changed.objects[2] = { ...changed.objects[2]!, versionId: 'other' };
  assert.notEqual(seal([ingest(1)]).datasetId, seal([changed]).datasetId);
});

test('an ingest’s id is of upload, bytes and map', () => {
  const ids = [ingestIdOf('upl_1', 'a', '1'), ingestIdOf('upl_1', 'a', '1'), ingestIdOf('upl_2', 'a', '1'), ingestIdOf('upl_1', 'b', '1'), ingestIdOf('upl_1', 'a', '2')];
  assert.equal(ids[0], ids[1]);
  assert.equal(new Set(ids).size, 4);
});

const everything = (manifest: DatasetManifest): Map<string, FoundObject> => new Map(manifest.objects.map(({ key, sha256: hash, bytes }) => [key, { sha256: hash, bytes }]));

test('a rebuild that finds every object is identical; a gone or changed one, or another manifest, is named', () => {
  const manifest = manifestOf([ingest(1), ingest(2)], 'safe-harbor');
  const { text, contentSha256 } = sealManifest(manifest);
  const stored = { text, contentSha256 };
  assert.deepEqual(compareRebuild(manifest, everything(manifest), stored), { text, contentSha256, bytes: 4 * 101 + 4 * 102, differences: [] });

  const [victim] = manifest.objects;
  const gone = everything(manifest);
  gone.set(victim!.key, null);
  assert.match(compareRebuild(manifest, gone, stored).differences.join('; '), /is gone; the rebuilt manifest has SHA-256/);

  const altered = everything(manifest);
  altered.set(victim!.key, { sha256: sha256('other'), bytes: 101 });
  assert.match(compareRebuild(manifest, altered, stored).differences.join('; '), /has SHA-256 .*, the manifest says .*; the rebuilt manifest/);

  const forged = sealManifest(manifestOf([ingest(1)], 'safe-harbor'));
  assert.match(compareRebuild(manifest, everything(manifest), { text: forged.text, contentSha256 }).differences.join('; '), /the stored manifest has SHA-256 .*, the dataset says/);
});

const upload = (uploadId: string, status: Upload['status']): { uploadId: string; upload: Upload } => ({
  uploadId,
  upload: { uploadId, status, source: 'iwpc', bytes: 1, sha256: sha256(''), use: 'development', createdAt: '', createdBy: '' },
});

test('only admitted uploads make a dataset: others are refused by name and status', () => {
  assert.ok(admittedOnly([upload('upl_1', 'admitted')]).ok);
  const refused = admittedOnly([upload('upl_1', 'admitted'), upload('upl_2', 'ingesting'), upload('upl_3', 'duplicate')]);
  assert.ok(!refused.ok && refused.problem.status === 409);
  assert.match(refused.problem.detail!, /upl_2 is ingesting, upl_3 is duplicate$/);
  const unknown = admittedOnly([{ uploadId: 'upl_9', upload: null }]);
  assert.ok(!unknown.ok && unknown.problem.status === 404);
});

test('one dataset has one de-identification profile', () => {
  assert.deepEqual(sharedProfile([ingest(1), ingest(2)]), { ok: true, value: 'safe-harbor' });
  const mixed = sharedProfile([ingest(1), ingest(2, 'date-shift')]);
  assert.ok(!mixed.ok && mixed.problem.status === 409 && mixed.problem.detail!.includes('date-shift, safe-harbor'));
});

test('the sources of a small version are checked together, of a large one side by side', () => {
  const ingests = [{ ...ingest(1), source: 'vcf' }, ingest(2), ingest(3)].map(({ ingestId, uploadId, source, use, fileSha256, committedAt }) => ({
    ingestId,
    uploadId,
    source,
    use,
    fileSha256,
    committedAt,
  }));
  assert.deepEqual(qualityBranches({ ingests, objects: [{ bytes: 1000 }] }), [['iwpc', 'vcf']]);
  assert.deepEqual(qualityBranches({ ingests, objects: [{ bytes: 2 ** 29 }] }), [['iwpc'], ['vcf']]);
});

test('a version’s lists name each of its files once, by table and partition', () => {
  const manifest = manifestOf([ingest(1), ingest(2)], 'safe-harbor');
  const lists = fileLists(manifest);
  assert.equal(lists.length, 4);
  assert.deepEqual(lists.find(({ table, partition }) => table === 'person' && partition === 1)?.text.split('\n'), [
    's3://lake/omop/person/partition=1/ing_00000001.parquet',
    's3://lake/omop/person/partition=1/ing_00000002.parquet',
    '',
  ]);
  assert.deepEqual(lists.flatMap(({ text }) => text.trimEnd().split('\n')).sort(), manifest.objects.map(({ key }) => `s3://lake/${key}`).sort());
});
