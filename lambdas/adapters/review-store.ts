import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { modelVersionId } from '../contracts/ids.ts';
import type { Review, Signature } from '../contracts/review.ts';
import { dynamo } from './clients.ts';
import { createDocument, getDocument, listDocuments, updateDocument } from './documents.ts';

const address = (reviewId: string) => ({ pk: `REVIEW#${reviewId}`, sk: 'REVIEW' });
const token = (reviewId: string) => ({ pk: `REVIEW#${reviewId}`, sk: 'TASK-TOKEN' });
const ofVersion = (model: string, version: number) => ({ pk: `SIGNATURE#${modelVersionId(model, version)}`, sk: 'SIGNATURE' });

export const createReview = (table: string, review: Review): Promise<boolean> => createDocument(table, address(review.reviewId), review, { gsi1pk: 'REVIEWS', gsi1sk: `${review.openedAt}#${review.reviewId}` });

export const getReview = (table: string, reviewId: string): Promise<Review | null> => getDocument(table, address(reviewId));

export const listReviews = (table: string, limit: number): Promise<Review[]> => listDocuments(table, 'REVIEWS', { newestFirst: true, limit });

/** The token that the waiting state is answered with. A state that runs again has a new one. */
export const putTaskToken = async (table: string, reviewId: string, taskToken: string): Promise<void> => {
  if (!(await createDocument(table, token(reviewId), { taskToken }))) await updateDocument(table, token(reviewId), { taskToken });
};

export const getTaskToken = async (table: string, reviewId: string): Promise<string | null> => (await getDocument<{ taskToken: string }>(table, token(reviewId)))?.taskToken ?? null;

/** The signature under which a version may be deployed, or null. */
export const getSignature = (table: string, model: string, version: number): Promise<Signature | null> => getDocument(table, ofVersion(model, version));

/**
 * Decides a pending review once: its status, the signature beside it, for an approval the version's deployment key, and the used
 * second authentication, in one transaction. Answers what stood in the way.
 */
export const decideReview = async (table: string, review: Review, signature: Signature, sessionId: string): Promise<'decided' | 'not-pending' | 'authentication-used'> => {
  const { subject, decision, signedAt } = signature.statement;
  try {
    await dynamo().send(
      new TransactWriteCommand({
        TransactItems: [
          {
            Update: {
              TableName: table,
              Key: address(review.reviewId),
              UpdateExpression: 'SET #status = :status, decidedAt = :at, signature = :signature',
              ConditionExpression: '#status = :pending',
              ExpressionAttributeNames: { '#status': 'status' },
              ExpressionAttributeValues: { ':status': decision === 'sign' ? 'signed' : 'rejected', ':at': signedAt, ':signature': signature, ':pending': 'pending' },
            },
          },
          { Put: { TableName: table, Item: { pk: `SECOND-AUTHENTICATION#${sessionId}`, sk: 'USED', reviewId: review.reviewId }, ConditionExpression: 'attribute_not_exists(pk)' } },
          ...(decision === 'sign' ? [{ Put: { TableName: table, Item: { ...ofVersion(subject.model, subject.version), ...signature }, ConditionExpression: 'attribute_not_exists(pk)' } }] : []),
        ],
      }),
    );
    return 'decided';
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    const [first, second] = error.CancellationReasons ?? [];
    if (second?.Code === 'ConditionalCheckFailed') return 'authentication-used';
    if (first?.Code === 'ConditionalCheckFailed') return 'not-pending';
    throw error;
  }
};

export const expireReview = (table: string, reviewId: string): Promise<boolean> => updateDocument(table, address(reviewId), { status: 'expired' }, { status: 'pending' });
