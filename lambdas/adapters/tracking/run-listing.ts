import { randomInt } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type RunSource, blockRuns, runIdsOf, wholeRuns } from '../../domain/tracking/search/runs.ts';
import { dynamo } from '../clients.ts';
import { log, redactedStack } from '../log.ts';
import { INDEX_SHARDS, indexAt, indexOf } from './addresses.ts';
import { pages } from './pages.ts';
import { type BlockRef, type Manifest, getManifest, readBlock, readBlocks } from './run-blocks.ts';
import { CROWD, LIMITS, type Limits, compact } from './run-compaction.ts';
import { type IndexRow, type Listed, type Rows, packRun, unpackRun } from './run-index.ts';
import { getRun } from './run-store.ts';

/** Runs read at a time. */
const TOGETHER = 32;

/** Reads a run that its row is behind of, and builds the row again. Null: a row whose run was never finished being made. */
const rebuild = async (table: string, project: string, experimentId: string, row: IndexRow): Promise<Listed | null> => {
  const { sk: runId, revision } = row;
  const run = await getRun(table, project, runId);
  if (!run) return null;
  const { packed } = packRun(run, revision);
  try {
    await dynamo().send(
      new UpdateCommand({
        TableName: table,
        Key: indexAt(project, experimentId, runId),
        UpdateExpression: packed ? 'SET built = :r, packed = :p' : 'SET built = :r REMOVE packed',
        ConditionExpression: 'revision = :r',
        ExpressionAttributeValues: { ':r': revision, ...(packed ? { ':p': packed } : {}) },
      }),
    );
    return { row: { ...row, built: revision, ...(packed ? { packed } : {}) }, run };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { row, run };
  }
};

const listedOf = (table: string, project: string, experimentId: string, row: IndexRow): Listed | Promise<Listed | null> =>
  row.built === row.revision && row.packed ? { row, run: unpackRun(row.packed) } : rebuild(table, project, experimentId, row);

const readShard = async (table: string, project: string, experimentId: string, shard: number): Promise<Rows> => {
  const rows: Rows = { listed: [], gone: [] };
  for await (const items of pages(table, indexOf(project, experimentId, shard))) {
    const standing = (items as unknown as IndexRow[]).filter((row) => !row.gone || void rows.gone.push(row));
    for (let start = 0; start < standing.length; start += TOGETHER) {
      const found = await Promise.all(standing.slice(start, start + TOGETHER).map((row) => listedOf(table, project, experimentId, row)));
      for (const one of found) if (one) rows.listed.push(one);
    }
  }
  return rows;
};

/** The rows of an experiment's index, each of its newest revision. */
export const readRows = async (table: string, project: string, experimentId: string): Promise<Rows> => {
  const shards = await Promise.all(Array.from({ length: INDEX_SHARDS }, (_, shard) => readShard(table, project, experimentId, shard)));
  return { listed: shards.flatMap(({ listed }) => listed), gone: shards.flatMap(({ gone }) => gone) };
};

/** Runs to be searched, without those that a newer row stands for; `again` reads them once more. */
export type Searched = { source: RunSource; admits: (at: number) => boolean; again: () => Promise<RunSource> };

/**
 * Every run of an experiment, deleted ones too, each once. Rows are read before the manifest: a run that moves into a block meanwhile is
 * found in both, never in none.
 */
export async function* listRuns(table: string, project: string, experimentId: string, limits = LIMITS): AsyncGenerator<Searched> {
  const started = performance.now();
  const standing = await readRows(table, project, experimentId);
  const { listed } = standing;
  const manifest = await getManifest(table, project, experimentId);
  const rows = wholeRuns(listed.map(({ run }) => run));
  yield { source: rows, admits: () => true, again: async () => rows };
  const newer = new Set([...listed.map(({ row }) => row.sk), ...standing.gone.map(({ sk }) => sk)]);
  for await (const { ref, block } of readBlocks(table, project, manifest.blocks)) {
    const source = blockRuns(block);
    const runIdAt = runIdsOf(source);
    yield { source, admits: newer.size === 0 ? () => true : (at) => !newer.has(runIdAt(at)), again: reread(table, project, ref) };
  }
  if (performance.now() - started < limits.patienceMs || listed.length > CROWD) await tidy(table, project, experimentId, manifest, standing, limits);
}

/** The index is whole at any point: who is answered meanwhile is answered all the same, and the next one tries again. */
const tidy = async (table: string, project: string, experimentId: string, manifest: Manifest, rows: Rows, limits: Limits): Promise<void> => {
  try {
    await compact(table, project, experimentId, manifest, rows, limits);
  } catch (error) {
    log.error('compaction', { name: (error as Error).name, stack: redactedStack(error) });
  }
};

/** One ended run in so many tidies its experiment's index, so that rows do not gather where nobody searches. */
const TIDIED_EVERY = 256;
export const tidyNowAndThen = async (table: string, project: string, experimentId: string): Promise<void> => {
  if (randomInt(TIDIED_EVERY) > 0) return;
  const rows = await readRows(table, project, experimentId);
  await tidy(table, project, experimentId, await getManifest(table, project, experimentId), rows, LIMITS);
};

/** Apart from what has been read: a page does not hold every block that was searched for it. */
const reread = (table: string, project: string, ref: BlockRef) => async (): Promise<RunSource> => blockRuns(await readBlock(table, project, ref));
