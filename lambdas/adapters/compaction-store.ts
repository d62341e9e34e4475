import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { Compaction } from '../contracts/compaction.ts';
import { groupName } from '../domain/lake/compaction.ts';
import { dynamo } from './clients.ts';
import { getDocument, queryDocuments, updateDocument } from './documents.ts';

const BELOW = 'COMPACTION#';
const partitionKey = (partition: number): string => `COMPACTIONS#${partition}`;
const address = (partition: number, compactionId: string) => ({ pk: partitionKey(partition), sk: `${BELOW}${compactionId}` });

export const listCompactions = (table: string, partition: number): Promise<Compaction[]> => queryDocuments(table, partitionKey(partition), BELOW);

export const getCompaction = (table: string, partition: number, compactionId: string): Promise<Compaction | null> => getDocument(table, address(partition, compactionId));

/**
 * Commits a compaction, if its group has no other one than those that its plan saw. Answers what stands under its id: the first commit's,
 * or null where another compaction came first.
 */
export const commitCompaction = async (table: string, compaction: Compaction, revision: number): Promise<Compaction | null> => {
  const { partition, compactionId } = compaction;
  try {
    await dynamo().send(
      new TransactWriteCommand({
        TransactItems: [
          { Put: { TableName: table, Item: { ...compaction, ...address(partition, compactionId) }, ConditionExpression: 'attribute_not_exists(pk)' } },
          {
            Update: {
              TableName: table,
              Key: { pk: partitionKey(partition), sk: `HEAD#${groupName(compaction)}` },
              UpdateExpression: 'SET revision = :next',
              ConditionExpression: revision === 0 ? 'attribute_not_exists(pk)' : 'revision = :seen',
              ExpressionAttributeValues: { ':next': revision + 1, ...(revision === 0 ? {} : { ':seen': revision }) },
            },
          },
        ],
      }),
    );
    return compaction;
  } catch (error) {
    if (!(error instanceof TransactionCanceledException) || !error.CancellationReasons?.some(({ Code }) => Code === 'ConditionalCheckFailed')) throw error;
    return getCompaction(table, partition, compactionId);
  }
};

/** Lineage and audit tell of it. */
export const markRecorded = async (table: string, { partition, compactionId }: Compaction): Promise<void> => {
  await updateDocument(table, address(partition, compactionId), { recorded: true });
};
