import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { decodeTime } from 'ulid';
import type { TrackedRun } from '../../contracts/tracking.ts';
import { BLOCK_RUNS, packBlocks } from '../../domain/tracking/run-block.ts';
import { isEnded } from '../../domain/tracking/runs.ts';
import { blockRuns, runIdsOf } from '../../domain/tracking/search/runs.ts';
import { dynamo } from '../clients.ts';
import { indexAt } from './addresses.ts';
import { slices } from './batches.ts';
import { type BlockRef, type Manifest, deleteBlocks, getManifest, putBlocks, putManifest, readBlocks } from './run-blocks.ts';
import type { IndexRow, Listed, Rows } from './run-index.ts';
import { MOST_ITEMS, transact } from './transactions.ts';

/**
 * Settled rows from which on they are moved; rows moved, and full blocks written anew for runs that they held, in one go, because it
 * happens within somebody's search; runs of a block; how long that search may have taken by then, milliseconds (in a process that has to
 * read everything anew the next search moves them).
 */
export const LIMITS = { leastRows: 500, mostRows: 1000, rewritten: 8, blockRuns: BLOCK_RUNS, patienceMs: 500 };
export type Limits = typeof LIMITS;
/** For who reads the index and leaves it as it is. */
export const NEVER: Limits = { ...LIMITS, leastRows: Number.POSITIVE_INFINITY };
/** Blocks with fewer than half their runs are joined, unless their runs are large, bytes. */
const SMALL = 150_000;
/** A run that nobody has written to for so long has settled though it was never ended, milliseconds. */
const IDLE_MS = 600_000;
/** Above so many rows a search is slow: running runs are moved, too, and however long it took. */
export const CROWD = 5000;
const DELETED_TOGETHER = MOST_ITEMS;

/** What moves: a run into a block, or (null) a removed one out of the block that holds it. */
type Settled = { row: IndexRow; run: TrackedRun | null };

const isSettled = ({ row, run }: Listed, crowded: boolean, now: number): boolean =>
  row.built === row.revision && row.packed !== undefined && (crowded || run.lifecycle === 'deleted' || isEnded(run.status) || now - decodeTime(row.revision) > IDLE_MS);

/**
 * Moves settled rows into blocks: writes the blocks, then the manifest, if nobody has changed it meanwhile, then deletes the rows that
 * still have the revision that was moved. Ended at any point, it leaves every run in a row, in a block, or the same in both; blocks that
 * no manifest names are never read.
 */
export const compact = async (table: string, project: string, experimentId: string, before: Manifest, { listed, gone }: Rows, limits: Limits): Promise<boolean> => {
  const crowded = listed.length > CROWD;
  const settled = [...gone.map((row): Settled => ({ row, run: null })), ...listed.filter((one) => isSettled(one, crowded, Date.now()))].slice(0, limits.mostRows);
  if (settled.length < limits.leastRows) return false;
  const { moved, rewritten } = await choose(table, project, before, settled, limits);
  const added = await rewrite(table, project, rewritten, moved, limits);
  const replaced = new Set(rewritten.map(({ id }) => id));
  const blocks = [...before.blocks.filter(({ id }) => !replaced.has(id)), ...added];
  const after = { blocks, retired: [...replaced], revision: before.revision + 1 };
  if (!(await putManifest(table, project, experimentId, after)) && !(await stands(table, project, experimentId, added))) return false;
  for (const slice of slices(moved, DELETED_TOGETHER)) {
    await deleteRows(
      table,
      slice.map(({ row }) => ({ key: indexAt(project, experimentId, row.sk), revision: row.revision })),
    );
  }
  await deleteBlocks(table, project, before.retired);
  return true;
};

/** Whether a manifest that was refused stands all the same, since its answer was lost; if not, its blocks go. */
const stands = async (table: string, project: string, experimentId: string, added: readonly BlockRef[]): Promise<boolean> => {
  const named = new Set((await getManifest(table, project, experimentId)).blocks.map(({ id }) => id));
  if (added.every(({ id }) => named.has(id))) return true;
  await deleteBlocks(
    table,
    project,
    added.map(({ id }) => id).filter((id) => !named.has(id)),
  );
  return false;
};

/** Which rows move, and which blocks they make new: the small ones, and those that hold most of the moved runs already. */
const choose = async (table: string, project: string, { blocks }: Manifest, settled: readonly Settled[], limits: Limits): Promise<{ moved: Settled[]; rewritten: BlockRef[] }> => {
  const wanted = new Set(settled.map(({ row }) => row.sk));
  const holders: { ref: BlockRef; held: string[] }[] = [];
  for await (const { ref, block } of readBlocks(table, project, blocks)) {
    const runIdAt = runIdsOf(blockRuns(block));
    const held = Array.from({ length: block.size }, (_, at) => runIdAt(at)).filter((runId) => wanted.has(runId));
    holders.push({ ref, held });
  }
  const isSmall = ({ runs, bytes }: BlockRef): boolean => runs < limits.blockRuns / 2 && bytes < SMALL;
  const touched = holders.filter(({ ref, held }) => held.length > 0 && !isSmall(ref)).sort((a, b) => b.held.length - a.held.length);
  const waiting = new Set(touched.slice(limits.rewritten).flatMap(({ held }) => held));
  return {
    moved: settled.filter(({ row }) => !waiting.has(row.sk)),
    rewritten: [...touched.slice(0, limits.rewritten), ...holders.filter(({ ref }) => isSmall(ref))].map(({ ref }) => ref),
  };
};

/** New blocks of the moved runs and of what the rewritten ones hold beside them; few whole runs are held at a time. */
const rewrite = async (table: string, project: string, rewritten: readonly BlockRef[], moved: readonly Settled[], { blockRuns: most }: Limits): Promise<BlockRef[]> => {
  const newer = new Set(moved.map(({ row }) => row.sk));
  const added: BlockRef[] = [];
  let pool = moved.flatMap(({ run }) => run ?? []);
  const write = async (least: number): Promise<void> => {
    for (; pool.length >= least && pool.length > 0; pool = pool.slice(most)) added.push(...(await putBlocks(table, project, packBlocks(pool.slice(0, most), most))));
  };
  for await (const { block } of readBlocks(table, project, rewritten)) {
    const runIdAt = runIdsOf(blockRuns(block));
    for (let at = 0; at < block.size; at++) if (!newer.has(runIdAt(at))) pool.push(block.run(at));
    await write(most);
  }
  await write(1);
  return added;
};

type Deletion = { key: { pk: string; sk: string }; revision: string };
const deletion = (table: string, { key, revision }: Deletion) => ({
  TableName: table,
  Key: key,
  ConditionExpression: 'revision = :r',
  ExpressionAttributeValues: { ':r': revision },
});

/** In one request where all of them stand unchanged, as almost always; else one by one, without those that have changed. */
const deleteRows = async (table: string, rows: readonly Deletion[]): Promise<void> => {
  if (await transact(rows.map((row) => ({ Delete: deletion(table, row) })))) return;
  await Promise.all(rows.map((row) => deleteRow(table, row)));
};

const deleteRow = async (table: string, row: Deletion): Promise<void> => {
  try {
    await dynamo().send(new DeleteCommand(deletion(table, row)));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
};
