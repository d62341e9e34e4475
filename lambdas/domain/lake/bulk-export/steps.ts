import { type Download, downloadBatch } from './download.ts';
import type { Connection } from './exchange.ts';
import { RequestRefused, ConnectionBroken } from '../../outbound/exchange.ts';
import { type Asked, kickOff } from './kick-off.ts';
import { type Manifest, batchesOf, sameExport } from './manifest.ts';
import type { Sink } from './piece.ts';
import { poll } from './poll.ts';
import { type Removal, remove } from './remove.ts';
import { waitSeconds } from './retry-after.ts';

/** How far an export is. Addresses may hold signatures: they stay in the store. */
export type Progress = {
  asked: Asked;
  /** where the server tells its status; null before a kick-off */
  statusUrl: string | null;
  kickOffs: number;
  polls: number;
  /** transient answers and broken connections in a row */
  failures: number;
  /** counts the manifests of different exports: pieces of different ones never mix; 0 before the first */
  generation: number;
  renewals: number;
};

/** Where the progress is kept. Manifests are kept by generation. */
export type ProgressStore = {
  read: () => Promise<Progress>;
  write: (progress: Progress) => Promise<void>;
  readManifest: (generation: number) => Promise<Manifest | null>;
  writeManifest: (generation: number, manifest: Manifest) => Promise<void>;
};

export const newProgress = (asked: Asked): Progress => ({ asked, statusUrl: null, kickOffs: 0, polls: 0, failures: 0, generation: 0, renewals: 0 });

export type Wait = { outcome: 'wait'; waitSeconds: number };
export type Refused = { outcome: 'refused'; detail: string };

/** Each step can be run again after a crash at any place: it reads what stands and does what is missing. */
export const kickOffStep = async (connection: Connection, store: ProgressStore): Promise<{ outcome: 'accepted'; waitSeconds: number } | Wait | Refused> => {
  const progress = await store.read();
  if (progress.statusUrl !== null) return { outcome: 'accepted', waitSeconds: connection.limits.shortestWaitSeconds };
  if (progress.kickOffs >= connection.limits.mostKickOffs) return { outcome: 'refused', detail: `the server forgot the export ${progress.kickOffs} times` };
  const answer = await orFailure(() => kickOff(connection, progress.asked, progress.failures));
  if (answer === 'failure' || answer.outcome === 'wait') return failed(connection, store, progress, 'started', answer === 'failure' ? null : answer.waitSeconds);
  if (answer.outcome === 'refused') return answer;
  const { statusUrl, waitSeconds } = answer;
  await store.write({ ...progress, statusUrl, kickOffs: progress.kickOffs + 1, polls: 0, failures: 0 });
  return { outcome: 'accepted', waitSeconds };
};

export type PollStep =
  | { outcome: 'in-progress'; waitSeconds: number; percent: number | null }
  | Wait
  | { outcome: 'complete'; batches: number; files: number }
  | { outcome: 'gone' }
  | Refused;

/** Asks for the status. A second manifest of the same export renews its links; what is stored stays. */
export const pollStep = async (connection: Connection, store: ProgressStore): Promise<PollStep> => {
  const progress = await store.read();
  if (progress.statusUrl === null) return { outcome: 'gone' };
  const answer = await orFailure(() => poll(connection, progress.statusUrl!, progress.polls, progress.failures));
  if (answer === 'failure' || answer.outcome === 'wait') return failed(connection, store, progress, 'asked for its status', answer === 'failure' ? null : answer.waitSeconds);
  if (answer.outcome === 'in-progress') {
    await store.write({ ...progress, polls: progress.polls + 1, failures: 0 });
    return answer;
  }
  if (answer.outcome === 'gone') {
    await store.write({ ...progress, statusUrl: null, polls: 0, failures: 0 });
    return answer;
  }
  if (answer.outcome === 'refused') return answer;
  return renewed(connection, store, progress, answer.manifest);
};

const renewed = async ({ limits }: Connection, store: ProgressStore, progress: Progress, manifest: Manifest): Promise<PollStep> => {
  const known = await store.readManifest(progress.generation);
  const same = known !== null && sameExport(known, manifest);
  const renewals = known === null ? 0 : progress.renewals + 1;
  if (renewals > limits.mostRenewals) return { outcome: 'refused', detail: `the links of its files were not valid ${renewals} times` };
  const generation = same ? progress.generation : progress.generation + 1;
  await store.writeManifest(generation, manifest);
  await store.write({ ...progress, generation, renewals, failures: 0 });
  return { outcome: 'complete', batches: batchesOf(manifest, limits.mostBatches).length, files: manifest.files.length };
};

/** Downloads what a batch lacks. `failures` in a row before come from the former call's answer. */
export const downloadStep = async (connection: Connection, store: ProgressStore, sink: Sink, batch: number, failures: number, until: number): Promise<Download> => {
  const { generation } = await store.read();
  const manifest = await manifestOf(store, generation);
  return downloadBatch(connection, { manifest, batch: batchesOf(manifest, connection.limits.mostBatches)[batch]!, generation, failures, until }, sink);
};

export const manifestOf = async (store: ProgressStore, generation: number): Promise<Manifest> => {
  const manifest = await store.readManifest(generation);
  if (!manifest) throw new Error(`the manifest of generation ${generation} is not in the store`);
  return manifest;
};

/** Tells the server that its files are not needed; where it never began or has forgotten, there is nothing to tell. */
export const removeStep = async (connection: Connection, store: ProgressStore): Promise<Removal> => {
  const { statusUrl } = await store.read();
  return statusUrl === null ? 'gone' : remove(connection, statusUrl);
};

const orFailure = async <T>(work: () => Promise<T>): Promise<T | 'failure' | Refused> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RequestRefused) return { outcome: 'refused', detail: error.message };
    if (error instanceof ConnectionBroken) return 'failure';
    throw error;
  }
};

const failed = async (connection: Connection, store: ProgressStore, progress: Progress, what: string, asked: number | null): Promise<Wait | Refused> => {
  const failures = progress.failures + 1;
  if (failures > connection.limits.mostFailures)
    return { outcome: 'refused', detail: `the export could not be ${what}: the server was not able to answer ${failures} times in a row` };
  await store.write({ ...progress, failures });
  return { outcome: 'wait', waitSeconds: asked ?? waitSeconds(undefined, progress.failures, connection.now(), connection.limits) };
};
