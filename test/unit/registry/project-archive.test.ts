import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { openArchive } from '../../../cli/registry/read-archive.ts';
import type { ArtifactFile, Experiment, LoggedModel, Metric, ModelVersion, RegisteredModel, Run, Source } from '../../../cli/registry/source.ts';
import { exportProject } from '../../../cli/registry/write-archive.ts';

const folder = mkdtempSync(join(tmpdir(), 'proband-archive-test-'));
// its own, so that what other tests leave does not count
process.env['TMPDIR'] = folder;
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const PROJECT = { project: 'dose', access: 'everyone', members: {}, production: 'signed', createdAt: '2026-01-01T00:00:00.000Z', createdBy: 'ann' } as const;

type Content = {
  experiments: Experiment[];
  runs: Run[];
  metrics: Metric[];
  models: LoggedModel[];
  registered: RegisteredModel[];
  versions: ModelVersion[];
  files: Record<string, Uint8Array>;
};
async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}
const filesOf = (files: Content['files']): ArtifactFile[] =>
  Object.entries(files).map(([path, body]) => ({ path, bytes: body.length, open: async () => each(body.length > 0 ? [body] : []) }));
const memory = ({ experiments, runs, metrics, models, registered, versions, files }: Content): Source => ({
  origin: 'https://there.example/mlflow/dose',
  experiments: () => each(experiments),
  runs: (id) => each(runs.filter(({ info }) => info.experiment_id === id)),
  history: () => each(metrics.length > 0 ? [metrics] : []),
  loggedModels: (id) => each(models.filter(({ info }) => info.experiment_id === id)),
  models: () => each(registered),
  versions: async ({ name }) => versions.filter((version) => version.name === name),
  artifacts: () => each(filesOf(files)),
});

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};
const content = async (source: Source): Promise<Content> => {
  const experiments = await all(source.experiments());
  const runs = (await Promise.all(experiments.map(({ experiment_id }) => all(source.runs(experiment_id))))).flat();
  const registered = await all(source.models());
  const files: Content['files'] = {};
  for (const { path, open } of runs[0] ? await all(source.artifacts({ run: runs[0].info.run_id })) : []) files[path] = new Uint8Array(Buffer.concat(await all(await open())));
  return {
    experiments,
    runs,
    metrics: runs[0] ? (await all(source.history(runs[0]))).flat() : [],
    models: (await Promise.all(experiments.map(({ experiment_id }) => all(source.loggedModels(experiment_id))))).flat(),
    registered,
    versions: (await Promise.all(registered.map((model) => source.versions(model)))).flat(),
    files,
  };
};
const quiet = () => undefined;
const archived = async (of: Content): Promise<string> => {
  const path = join(folder, 'project.tar.gz');
  await exportProject(memory(of), PROJECT, path, quiet);
  return path;
};

// line separators that JSON leaves as they are, names that are no file names, a path longer than a tar header's own field
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a\u2028b', 'ä/../b', "it's", 'line\nfeed'));
const pairs = fc.array(fc.record({ key: text, value: text }, { noNullPrototype: true }), { maxLength: 3 });
const example: Content = {
  experiments: [{ experiment_id: '1', name: 'of dose', tags: [{ key: 'note', value: 'a\u2028b\nc' }] }],
  runs: [{ info: { run_id: 'a'.repeat(32), experiment_id: '1', status: 'FINISHED' } }],
  metrics: [{ key: 'loss', value: 'NaN', timestamp: 1, step: 2 }],
  models: [],
  registered: [{ name: 'dose' }],
  versions: [{ name: 'dose', version: '2', source: 'mlflow-artifacts:/1/x' }],
  files: { 'a.txt': Buffer.from('hello'), [`${'deep/'.repeat(40)}ä b.bin`]: Buffer.alloc(100_000, 7), empty: Buffer.alloc(0) },
};
const contents: fc.Arbitrary<Content> = fc
  .record({
    names: fc.array(text, { maxLength: 3 }),
    tags: pairs,
    values: fc.array(fc.oneof(fc.integer(), fc.constantFrom('NaN', '-Infinity')), { maxLength: 2500 }),
    models: fc.uniqueArray(text, { maxLength: 3 }),
  })
  .map(({ names, tags, values, models }) => ({
    experiments: names.map((name, index) => ({ experiment_id: String(index), name, tags })),
    runs: names.slice(0, 1).map((run_name) => ({ info: { run_id: 'b'.repeat(32), experiment_id: '0', run_name }, data: { tags } })),
    metrics: names.length > 0 ? values.map((value, step) => ({ key: 'k', value, timestamp: step, step })) : [],
    models: names.map((name, index) => ({ info: { model_id: `m-${index}`, experiment_id: String(index), name } })),
    registered: models.map((name) => ({ name, tags })),
    versions: models.map((name) => ({ name, version: '1' })),
    files: {},
  }));

describe('the archive of a project', () => {
  it('holds what was exported, to the last letter', async () => {
    const read = async (of: Content) => {
      const archive = await openArchive(await archived(of));
      try {
        assert.equal(archive.source.origin, 'https://there.example/mlflow/dose');
        return await content(archive.source);
      } finally {
        await archive.close();
      }
    };
    const { files, ...rest } = await read(example);
    assert.deepEqual(Object.keys(files), Object.keys(example.files));
    for (const [path, body] of Object.entries(files)) assert.ok(Buffer.from(body).equals(example.files[path]!), path);
    const { files: _, ...expected } = example;
    assert.deepEqual(rest, expected);
    await fc.assert(
      fc.asyncProperty(contents, async (of) => assert.deepEqual(await read(of), of)),
      { numRuns: 30 },
    );
  });

  it('lists each member with its SHA-256', async () => {
    const archive = await openArchive(await archived(example));
    await archive.close();
    const member = archive.manifest.members.find(({ path }) => path.endsWith('/a.txt'))!;
    assert.deepEqual(member, { path: `artifacts/runs/${'a'.repeat(32)}/a.txt`, bytes: 5, sha256: createHash('sha256').update('hello').digest('hex') });
    assert.deepEqual(archive.manifest.counts, {
      experiments: 1,
      runs: 1,
      metricPoints: 1,
      artifacts: 3,
      artifactBytes: 100_005,
      loggedModels: 0,
      registeredModels: 1,
      modelVersions: 1,
    });
  });

  const refused = async (name: string, bytes: Uint8Array, says: RegExp) => {
    const path = join(folder, `${name}.tar.gz`);
    writeFileSync(path, bytes);
    await assert.rejects(openArchive(path), (error: Error) => {
      assert.match(error.message, says);
      assert.ok(!error.message.includes('\n'));
      return true;
    });
  };

  it('is refused as a whole where one byte of a member is another', async () => {
    const tar = gunzipSync(readFileSync(await archived(example)));
    const at = tar.indexOf('hello');
    tar[at] = tar[at]! ^ 1;
    await refused('changed', gzipSync(tar), /a\.txt has SHA-256 .*, the manifest says .*: nothing was imported/);
  });

  it('is refused where it ends early, is none, or is not there', async () => {
    const whole = readFileSync(await archived(example));
    await refused('short', whole.subarray(0, whole.length - 200), /is no whole \.tar\.gz|has no manifest/);
    await refused('none', Buffer.from('not an archive'), /is no whole \.tar\.gz/);
    await assert.rejects(openArchive(join(folder, 'absent.tar.gz')), /no such file/);
  });

  it('is refused with a member too few, too many, twice, or one that is no file', async () => {
    const tarOf = async (entries: [header: Parameters<ReturnType<typeof pack>['entry']>[0], body?: string][]) => {
      const packing = pack();
      for (const [header, body] of entries) packing.entry(header, body ?? '');
      packing.finalize();
      return gzipSync(Buffer.concat(await all(packing as AsyncIterable<Buffer>)));
    };
    const manifest = (members: object[], other = {}): [{ name: string }, string] => [
      { name: 'manifest.json' },
      JSON.stringify({ format: 'proband-project-archive', version: 1, origin: 'x', project: PROJECT, exportedAt: PROJECT.createdAt, counts: {}, left: [], members, ...other }),
    ];
    const a = { path: 'a', bytes: 1, sha256: createHash('sha256').update('a').digest('hex') };
    await refused('few', await tarOf([manifest([a])]), /member a is missing/);
    await refused('many', await tarOf([[{ name: 'a' }, 'a'], [{ name: 'b' }, 'b'], manifest([a])]), /member b is not in the manifest/);
    await refused('twice', await tarOf([[{ name: 'a' }, 'a'], [{ name: 'a' }, 'a'], manifest([a])]), /member a is there twice/);
    await refused('link', await tarOf([[{ name: 'a', type: 'symlink', linkname: '/etc/passwd' }], manifest([])]), /member a is a symlink/);
    await refused('later', await tarOf([manifest([], { version: 2 })]), /manifest\.json: version:/);
    await refused('bare', await tarOf([[{ name: 'a' }, 'a']]), /has no manifest\.json/);
  });

  it('leaves nothing unpacked behind, and no half-written archive', async () => {
    const unpacked = () => readdirSync(folder).filter((name) => name.startsWith('proband-'));
    await refused('none', Buffer.from('x'), /is no whole/);
    const broken: Source = {
      ...memory(example),
      models: () => {
        throw new Error('the server is gone');
      },
    };
    const out = join(folder, 'broken.tar.gz');
    await assert.rejects(exportProject(broken, PROJECT, out, quiet), /the server is gone/);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('broken')),
      [],
    );
    assert.deepEqual(unpacked(), []);
  });
});
