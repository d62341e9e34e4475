import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { isThrottlingError } from '@smithy/core/retry';

const BUSY = ['ThrottlingError', 'ProvisionedThroughputExceeded'];

/** Seconds after which a caller who was told 429 may try again. */
export const RETRY_AFTER_S = 1;

/** Whether AWS refused a call because there are too many, after the SDK's own attempts: the caller's to repeat, no fault. */
export const isThrottled = (error: unknown): boolean =>
  error instanceof Error &&
  (isThrottlingError(error as Parameters<typeof isThrottlingError>[0]) ||
    (error instanceof TransactionCanceledException && (error.CancellationReasons ?? []).some(({ Code }) => BUSY.includes(Code ?? ''))));
