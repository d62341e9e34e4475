import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';

/** DynamoDB's own words; it has no code for it. */
const TOO_LARGE = /Item size (to update )?has exceeded/;

/** A write was refused because its item would be larger than DynamoDB's items can be, 400 KB. */
export const isItemFull = (error: unknown): boolean =>
  error instanceof Error &&
  (error instanceof TransactionCanceledException
    ? (error.CancellationReasons ?? []).some(({ Message }) => Message !== undefined && TOO_LARGE.test(Message))
    : error.name === 'ValidationException' && TOO_LARGE.test(error.message));
