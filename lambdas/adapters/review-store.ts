import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { Review, Signature } from '../contracts/review.ts';
import { dynamo } from './clients.ts';
import { createDocument, getDocument, listDocuments, updateDocument } from './documents.ts';

const address = (reviewId: string) => ({ pk: `REVIEW#${reviewId}`, sk: 'REVIEW' });
/** Stands apart from the review: whoever holds it can answer the state machine, so no read of a review gives it. */
const waiting = (reviewId: string) => ({ pk: `REVIEW#${reviewId}`, sk: 'TASK-TOKEN' });
const ofVersion = (model: string, version: number) => ({ pk: `REVIEW-OF#${model}@${version}`, sk: 'REVIEW' });
const ofSignature = (signatureId: string) => ({ pk: `SIGNATURE#${signatureId}`, sk: 'SIGNATURE' });
const usedSignIn = (signInId: string) => ({ pk: `SECOND-AUTHENTICATION#${signInId}`, sk: 'USED' });
const once = 'attribute_not_exists(pk)';

/** Opens a review; the same one again leaves the first. Answers the review that stands. */
export const openReview = async (table: string, review: Review): Promise<Review> => {
  await createDocument(table, address(review.reviewId), review, { gsi1pk: 'REVIEWS', gsi1sk: `${review.openedAt}#${review.reviewId}` });
  await createDocument(table, ofVersion(review.subject.model, review.subject.version), { reviewId: review.reviewId });
  return (await getReview(table, review.reviewId))!;
};

export const getReview = (table: string, reviewId: string): Promise<Review | null> => getDocument(table, address(reviewId));

/** A review that a state works on must be there; anything else is a fault. */
export const requireReview = async (table: string, reviewId: string): Promise<Review> => {
  const review = await getReview(table, reviewId);
  if (!review) throw new Error(`no review ${reviewId}`);
  return review;
};

export const listReviews = (table: string, limit: number): Promise<Review[]> => listDocuments(table, 'REVIEWS', { newestFirst: true, limit });

/** The review of a model version, or null. */
export const reviewOf = async (table: string, model: string, version: number): Promise<Review | null> => {
  const link = await getDocument<{ reviewId: string }>(table, ofVersion(model, version));
  return link ? getReview(table, link.reviewId) : null;
};

/** The signature that a version was approved by, or null. */
export const signatureOf = async (table: string, model: string, version: number): Promise<Signature | null> => (await reviewOf(table, model, version))?.signature ?? null;

export type Decided = 'decided' | 'not-pending' | 'sign-in-used';

/** The decision, its signature and the sign-in that it used up, in one transaction: a review is decided once, a sign-in signs once. */
export const decideReview = async (table: string, reviewId: string, signature: Signature, signInId: string): Promise<Decided> => {
  const status: Review['status'] = signature.statement.decision === 'sign' ? 'signed' : 'rejected';
  try {
    await dynamo().send(
      new TransactWriteCommand({
        TransactItems: [
          {
            Update: {
              TableName: table,
              Key: address(reviewId),
              UpdateExpression: 'SET #status = :status, decidedAt = :at, #signature = :signature',
              ConditionExpression: '#status = :pending',
              ExpressionAttributeNames: { '#status': 'status', '#signature': 'signature' },
              ExpressionAttributeValues: { ':status': status, ':pending': 'pending', ':at': signature.statement.signedAt, ':signature': signature },
            },
          },
          { Put: { TableName: table, Item: { ...ofSignature(signature.signatureId), reviewId, signature }, ConditionExpression: once } },
          { Put: { TableName: table, Item: { ...usedSignIn(signInId), reviewId }, ConditionExpression: once } },
        ],
      }),
    );
    return 'decided';
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    const [review, , signIn] = error.CancellationReasons ?? [];
    if (review?.Code === 'ConditionalCheckFailed') return 'not-pending';
    if (signIn?.Code === 'ConditionalCheckFailed') return 'sign-in-used';
    throw error;
  }
};

/** Ends a review that nobody decided; false where it is not pending any more. */
export const expireReview = (table: string, reviewId: string, at: string): Promise<boolean> =>
  updateDocument(table, address(reviewId), { status: 'expired', decidedAt: at }, { status: 'pending' });

/** Keeps the token that the waiting state machine is answered with; a newer one replaces it. */
export const keepTaskToken = async (table: string, reviewId: string, taskToken: string): Promise<void> => {
  await dynamo().send(new PutCommand({ TableName: table, Item: { ...waiting(reviewId), taskToken } }));
};

export const taskTokenOf = async (table: string, reviewId: string): Promise<string | null> =>
  (await getDocument<{ taskToken: string }>(table, waiting(reviewId)))?.taskToken ?? null;
