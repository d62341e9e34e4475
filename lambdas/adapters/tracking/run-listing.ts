import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { TrackedRun } from '../../contracts/tracking.ts';
import { dynamo } from '../clients.ts';
import { INDEX_SHARDS, indexAt, indexOf } from './addresses.ts';
import { pages } from './pages.ts';
import { type IndexRow, packRun, unpackRun } from './run-index.ts';
import { getRun } from './run-store.ts';

/** Runs read at a time. */
const TOGETHER = 32;

/** Reads a run that its row is behind of, and builds the row again. Null: a row whose run was never finished being made. */
const rebuild = async (table: string, project: string, experimentId: string, { sk: runId, revision }: IndexRow): Promise<TrackedRun | null> => {
  const run = await getRun(table, project, runId);
  if (!run) return null;
  const { packed } = packRun(run, revision);
  try {
    await dynamo().send(
      new UpdateCommand({
        TableName: table,
        Key: indexAt(project, experimentId, runId),
        UpdateExpression: packed ? 'SET built = :r, packed = :p' : 'SET built = :r REMOVE packed',
        ConditionExpression: 'attribute_not_exists(built) OR built < :r',
        ExpressionAttributeValues: { ':r': revision, ...(packed ? { ':p': packed } : {}) },
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
  return run;
};

const runOfRow = (table: string, project: string, experimentId: string, row: IndexRow): TrackedRun | Promise<TrackedRun | null> =>
  row.built === row.revision && row.packed ? unpackRun(row.packed) : rebuild(table, project, experimentId, row);

const readShard = async (table: string, project: string, experimentId: string, shard: number): Promise<TrackedRun[]> => {
  const runs: TrackedRun[] = [];
  for await (const items of pages(table, indexOf(project, experimentId, shard))) {
    for (let start = 0; start < items.length; start += TOGETHER) {
      const found = await Promise.all((items as unknown as IndexRow[]).slice(start, start + TOGETHER).map((row) => runOfRow(table, project, experimentId, row)));
      for (const run of found) if (run) runs.push(run);
    }
  }
  return runs;
};

/** Every run of an experiment, deleted ones too. */
export const listRuns = async (table: string, project: string, experimentId: string): Promise<TrackedRun[]> => {
  const shards = await Promise.all(Array.from({ length: INDEX_SHARDS }, (_, shard) => readShard(table, project, experimentId, shard)));
  return shards.flat();
};
