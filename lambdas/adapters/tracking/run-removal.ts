import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { RunHead } from '../../contracts/tracking.ts';
import { dynamo } from '../clients.ts';
import { chunksOf, headAt, runOf } from './addresses.ts';
import { slices } from './batches.ts';
import { pages } from './pages.ts';
import { markGone } from './run-index.ts';

/** Items deleted at a time. */
const TOGETHER = 32;
const KEYS = { ProjectionExpression: 'pk, sk' };
const METRIC = 'METRIC#';

/**
 * Removes a deleted run for good: from the mark on nobody finds it or can restore it; then its files (`files`), the courses of its
 * metrics, everything logged to it, its head, and last its place in the index. Ended at any point, the index still lists it and the next
 * removal goes on. False: the run was restored meanwhile.
 */
export const removeRun = async (table: string, project: string, run: Pick<RunHead, 'runId' | 'experimentId'>, files: () => Promise<unknown>): Promise<boolean> => {
  if (!(await mark(table, project, run.runId))) return false;
  await files();
  const head = headAt(project, run.runId);
  for await (const items of pages(table, runOf(project, run.runId), KEYS)) {
    const keys = items.map(({ pk, sk }) => ({ pk: pk as string, sk: sk as string }));
    for (const { sk } of keys) if (sk.startsWith(METRIC)) await deletePartition(table, chunksOf(project, run.runId, sk.slice(METRIC.length)));
    await deleteAll(
      table,
      keys.filter(({ sk }) => sk !== head.sk),
    );
  }
  await deleteAll(table, [head]);
  await markGone(table, project, run);
  return true;
};

/** True also where the head is gone already: an earlier removal died after that. */
const mark = async (table: string, project: string, runId: string): Promise<boolean> => {
  try {
    await dynamo().send(
      new UpdateCommand({
        TableName: table,
        Key: headAt(project, runId),
        UpdateExpression: 'SET #h.removedAt = if_not_exists(#h.removedAt, :now)',
        ConditionExpression: '#h.lifecycle = :deleted',
        ExpressionAttributeNames: { '#h': 'head' },
        ExpressionAttributeValues: { ':now': Date.now(), ':deleted': 'deleted' },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return error.Item === undefined;
  }
};

const deletePartition = async (table: string, pk: string): Promise<void> => {
  for await (const items of pages(table, pk, KEYS)) {
    await deleteAll(
      table,
      items.map(({ sk }) => ({ pk, sk: sk as string })),
    );
  }
};

const deleteAll = async (table: string, keys: readonly { pk: string; sk: string }[]): Promise<void> => {
  for (const slice of slices(keys, TOGETHER)) await Promise.all(slice.map((Key) => dynamo().send(new DeleteCommand({ TableName: table, Key }))));
};
