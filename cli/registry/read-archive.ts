import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import * as z from 'zod';
import { UsageError } from '../session.ts';
import { MEMBERS, Manifest } from './archive.ts';
import type { ArtifactFile, Experiment, LoggedModel, Metric, ModelVersion, RegisteredModel, Run, Source } from './source.ts';

type Member = { file: string; bytes: number; sha256: string };
/** `close` removes what was unpacked. */
export type OpenArchive = { source: Source; manifest: Manifest; close: () => Promise<void> };

/** Unpacks an archive and compares every member with its manifest; one digest that is wrong, and nothing of it is used. */
export const openArchive = async (path: string): Promise<OpenArchive> => {
  const folder = await mkdtemp(join(tmpdir(), 'proband-import-'));
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    const members = await unpack(path, folder);
    const manifest = await manifestOf(path, members);
    return { source: sourceOf(manifest, members), manifest, close };
  } catch (error) {
    await close();
    throw error;
  }
};

/** Members under numbers of their own: no name in an archive becomes a path on this machine. */
const unpack = async (path: string, folder: string): Promise<Map<string, Member>> => {
  const members = new Map<string, Member>();
  const unpacking = extract();
  const read = pipeline(createReadStream(path), createGunzip(), unpacking);
  // awaited below, after its entries
  read.catch(() => undefined);
  try {
    for await (const entry of unpacking) {
      const { name, type } = entry.header;
      if (type !== 'file') throw new UsageError(`${path}: member ${name} is a ${type}; allowed are files`);
      if (members.has(name)) throw new UsageError(`${path}: member ${name} is there twice`);
      const file = join(folder, String(members.size));
      const hash = createHash('sha256');
      let bytes = 0;
      const counting = new Transform({
        transform(chunk: Buffer, _, next) {
          hash.update(chunk);
          bytes += chunk.length;
          next(null, chunk);
        },
      });
      await pipeline(entry, counting, createWriteStream(file, { mode: 0o600 }));
      members.set(name, { file, bytes, sha256: hash.digest('hex') });
    }
    await read;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UsageError(`${path}: ${missing ? 'no such file' : `is no whole .tar.gz (${(error as Error).message})`}`);
  }
  return members;
};

const manifestOf = async (path: string, members: Map<string, Member>): Promise<Manifest> => {
  const held = members.get(MEMBERS.manifest);
  if (!held) throw new UsageError(`${path}: has no ${MEMBERS.manifest}`);
  const manifest = readManifest(path, await readFile(held.file, 'utf8'));
  members.delete(MEMBERS.manifest);
  for (const { path: name, bytes, sha256 } of manifest.members) {
    const member = members.get(name);
    if (!member) throw new UsageError(`${path}: member ${name} is missing`);
    if (member.bytes !== bytes || member.sha256 !== sha256)
      throw new UsageError(`${path}: member ${name} has SHA-256 ${member.sha256}, the manifest says ${sha256}: nothing was imported`);
  }
  const listed = new Set(manifest.members.map((member) => member.path));
  for (const name of members.keys()) if (!listed.has(name)) throw new UsageError(`${path}: member ${name} is not in the manifest`);
  return manifest;
};

const readManifest = (path: string, text: string): Manifest => {
  try {
    return Manifest.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? `${error.issues[0]!.path.join('.')}: ${error.issues[0]!.message}` : 'is not JSON';
    throw new UsageError(`${path}: ${MEMBERS.manifest}: ${why}`);
  }
};

/** Entities of a member, one a line; a line ends with a line feed and nothing else. */
async function* lines<T>(member: Member | undefined): AsyncGenerator<T> {
  if (!member) return;
  let rest = '';
  for await (const chunk of createReadStream(member.file, 'utf8') as AsyncIterable<string>) {
    const whole = (rest + chunk).split('\n');
    rest = whole.pop()!;
    for (const line of whole) yield JSON.parse(line) as T;
  }
}

const PAGE = 1000;
async function* inPages<T>(items: AsyncIterable<T>): AsyncGenerator<T[]> {
  let page: T[] = [];
  for await (const item of items) {
    page.push(item);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

const sourceOf = ({ origin }: Manifest, members: Map<string, Member>): Source => {
  const read = <T>(name: string) => lines<T>(members.get(name));
  const artifacts = Map.groupBy(members.keys(), (name) => name.split('/', 3).join('/'));
  let versions: Promise<Map<string, ModelVersion[]>> | undefined;
  return {
    origin,
    experiments: () => read<Experiment>(MEMBERS.experiments),
    runs: (experimentId) => read<Run>(MEMBERS.runs(experimentId)),
    history: ({ info }) => inPages(read<Metric>(MEMBERS.metrics(info.run_id))),
    loggedModels: (experimentId) => read<LoggedModel>(MEMBERS.loggedModels(experimentId)),
    models: () => read<RegisteredModel>(MEMBERS.registeredModels),
    versions: async ({ name }) => {
      versions ??= grouped(read<ModelVersion>(MEMBERS.modelVersions));
      return (await versions).get(name) ?? [];
    },
    async *artifacts(owner) {
      const folder = MEMBERS.artifacts(owner);
      for (const name of artifacts.get(folder.slice(0, -1)) ?? []) yield fileOf(name.slice(folder.length), members.get(name)!);
    },
  };
};

const grouped = async (versions: AsyncIterable<ModelVersion>): Promise<Map<string, ModelVersion[]>> => {
  const byName = new Map<string, ModelVersion[]>();
  for await (const version of versions) byName.set(version.name, [...(byName.get(version.name) ?? []), version]);
  return byName;
};

const fileOf = (path: string, { file, bytes }: Member): ArtifactFile => ({ path, bytes, open: async () => createReadStream(file) });
