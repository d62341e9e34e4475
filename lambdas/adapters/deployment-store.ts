import { randomBytes } from 'node:crypto';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { Deployment } from '../contracts/rollout.ts';
import { dynamo } from './clients.ts';
import { createDocument, getDocument, queryDocuments } from './documents.ts';

const pk = (model: string) => `DEPLOYMENT#${model}`;
const CURRENT = 'CURRENT';
const KEY = 'KEY';
const revisionOf = (revision: number) => `REVISION#${String(revision).padStart(8, '0')}`;

export const getDeployment = (table: string, model: string): Promise<Deployment | null> => getDocument(table, { pk: pk(model), sk: CURRENT });

/** Every revision there ever was, oldest first. */
export const listDeployments = (table: string, model: string): Promise<Deployment[]> => queryDocuments(table, pk(model), 'REVISION#');

/**
 * Writes the next revision, only where the revision before it still stands; answers false otherwise. Every revision is kept beside the
 * current one, so that who answered when is never lost.
 */
export const putDeployment = async (table: string, deployment: Deployment): Promise<boolean> => {
  const first = deployment.revision === 0;
  const current = { TableName: table, Item: { pk: pk(deployment.model), sk: CURRENT, ...deployment } };
  try {
    await dynamo().send(
      new TransactWriteCommand({
        TransactItems: [
          first
            ? { Put: { ...current, ConditionExpression: 'attribute_not_exists(pk)' } }
            : { Put: { ...current, ConditionExpression: 'revision = :seen', ExpressionAttributeValues: { ':seen': deployment.revision - 1 } } },
          { Put: { TableName: table, Item: { pk: pk(deployment.model), sk: revisionOf(deployment.revision), ...deployment }, ConditionExpression: 'attribute_not_exists(pk)' } },
        ],
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof TransactionCanceledException && error.CancellationReasons?.some(({ Code }) => Code === 'ConditionalCheckFailed')) return false;
    throw error;
  }
};

/** The model's secret for sticky routing and subject hashes, 64 hex digits; it is never answered by the API. */
export const getRoutingKey = async (table: string, model: string): Promise<string | null> => (await getDocument<{ key: string }>(table, { pk: pk(model), sk: KEY }))?.key ?? null;

/** Makes the secret once; the first one stays for the life of the model. */
export const makeRoutingKey = async (table: string, model: string): Promise<void> => {
  await createDocument(table, { pk: pk(model), sk: KEY }, { key: randomBytes(32).toString('hex') });
};
