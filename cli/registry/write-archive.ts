import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Pack, pack as newPack } from 'tar-stream';
import type { Project } from '../../lambdas/contracts/project.ts';
import { FORMAT, FORMAT_VERSION, MEMBERS, type Manifest } from './archive.ts';
import { count } from './imported.ts';
import type { Owner, RegisteredModel, Run, Source } from './source.ts';

type Archive = { pack: Pack; scratch: string; manifest: Manifest };

/** Everything of a source into one file, which is there whole or not at all. Answers its manifest. */
export const exportProject = async (source: Source, project: Project, out: string, tell: (text: string) => void): Promise<Manifest> => {
  const manifest: Manifest = {
    format: FORMAT,
    version: FORMAT_VERSION,
    origin: source.origin,
    project,
    exportedAt: new Date().toISOString(),
    counts: {},
    left: [],
    members: [],
  };
  const scratch = await mkdtemp(join(tmpdir(), 'proband-export-'));
  const part = `${out}.part`;
  const pack = newPack();
  const written = pipeline(pack, createGzip(), createWriteStream(part, { mode: 0o600 }));
  // a broken write is met where it is awaited
  written.catch(() => undefined);
  try {
    await addEntities({ pack, scratch, manifest }, source, tell);
    pack.entry({ name: MEMBERS.manifest }, `${JSON.stringify(manifest, null, 2)}\n`);
    pack.finalize();
    await written;
    await rename(part, out);
    return manifest;
  } catch (error) {
    pack.destroy();
    await written.catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};

const addEntities = async (archive: Archive, source: Source, tell: (text: string) => void): Promise<void> => {
  const { counts } = archive.manifest;
  const experimentIds: string[] = [];
  await addLines(archive, MEMBERS.experiments, source.experiments(), ({ experiment_id }) => {
    experimentIds.push(experiment_id);
    count(counts, 'experiments');
  });
  for (const id of experimentIds) {
    const runs: Run[] = [];
    await addLines(archive, MEMBERS.runs(id), source.runs(id), ({ info, data }) => {
      runs.push({ info, data: { metrics: data?.metrics ?? [] } });
    });
    for (const run of runs) {
      await addLines(archive, MEMBERS.metrics(run.info.run_id), flat(source.history(run)), () => count(counts, 'metricPoints'));
      await addArtifacts(archive, source, { run: run.info.run_id });
      count(counts, 'runs');
      if (counts['runs']! % 25 === 0) tell(`${counts['runs']} runs`);
    }
    const models: string[] = [];
    await addLines(archive, MEMBERS.loggedModels(id), source.loggedModels(id), ({ info }) => void models.push(info.model_id));
    for (const model of models) await addArtifacts(archive, source, { model });
    count(counts, 'loggedModels', models.length);
  }
  const registered: RegisteredModel[] = [];
  await addLines(archive, MEMBERS.registeredModels, source.models(), (model) => void registered.push(model));
  count(counts, 'registeredModels', registered.length);
  await addLines(archive, MEMBERS.modelVersions, versionsOf(source, registered), () => count(counts, 'modelVersions'));
  tell(`${counts['runs'] ?? 0} runs, ${counts['modelVersions'] ?? 0} model versions`);
};

async function* flat<T>(lists: AsyncIterable<readonly T[]>): AsyncGenerator<T> {
  for await (const list of lists) yield* list;
}
async function* versionsOf(source: Source, models: readonly RegisteredModel[]) {
  for (const model of models) yield* await source.versions(model);
}

const addLines = async <T>(archive: Archive, name: string, items: AsyncIterable<T>, seen: (item: T) => void): Promise<void> => {
  async function* lines() {
    for await (const item of items) {
      seen(item);
      yield Buffer.from(`${JSON.stringify(item)}\n`);
    }
  }
  await addMember(archive, name, lines());
};

const addArtifacts = async (archive: Archive, source: Source, owner: Owner): Promise<void> => {
  const { counts, left } = archive.manifest;
  try {
    for await (const file of source.artifacts(owner)) {
      count(counts, 'artifactBytes', await addMember(archive, MEMBERS.artifacts(owner) + file.path, await file.open()));
      count(counts, 'artifacts');
    }
  } catch (error) {
    left.push({ what: `artifacts below ${MEMBERS.artifacts(owner)}`, why: (error as Error).message });
  }
};

/** A member's size comes before it in the file, so that it is written apart first. */
const addMember = async ({ pack, scratch, manifest }: Archive, path: string, body: AsyncIterable<Uint8Array>): Promise<number> => {
  const local = join(scratch, 'member');
  const hash = createHash('sha256');
  async function* hashed() {
    for await (const chunk of body) {
      hash.update(chunk);
      yield chunk;
    }
  }
  await pipeline(Readable.from(hashed(), { objectMode: false }), createWriteStream(local, { mode: 0o600 }));
  const { size } = await stat(local);
  const entry = pack.entry({ name: path, size });
  const packed = once(entry, 'finish');
  await Promise.all([pipeline(createReadStream(local), entry), packed]);
  manifest.members.push({ path, bytes: size, sha256: hash.digest('hex') });
  return size;
};
