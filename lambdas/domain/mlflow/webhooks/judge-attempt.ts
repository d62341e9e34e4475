import { DELIVERY } from '../../../../config/catalog/webhooks.ts';
import type { DeliveryEnd } from '../../../contracts/webhook.ts';
import { retryAfterSeconds } from '../../outbound/retry-after.ts';

/** How an attempt went: the receiver's answer, a connection that broke, or an address that may not be called. */
export type Attempt = { status: number; retryAfter?: string | undefined } | { broken: string } | { notCalled: string };
export type Verdict = { end: DeliveryEnd } | { retryInSeconds: number };

const WAITS: readonly number[] = DELIVERY.retryAfterSeconds;
const LONGEST = Math.max(...WAITS);
/** Request Timeout, Too Early, Too Many Requests: the receiver asks for another attempt */
const ASKS_AGAIN = [408, 425, 429];

/** Whether it is over after its `count`-th attempt (from 1), or when to try again: a receiver may ask for longer, up to the longest wait. */
export const judgeAttempt = (attempt: Attempt, count: number, now: number): Verdict => {
  if ('notCalled' in attempt) return { end: 'refused' };
  if ('status' in attempt) {
    if (attempt.status >= 200 && attempt.status < 300) return { end: 'delivered' };
    if (attempt.status < 500 && !ASKS_AGAIN.includes(attempt.status)) return { end: 'refused' };
  }
  const usual = WAITS[count - 1];
  if (usual === undefined) return { end: 'given-up' };
  const asked = 'status' in attempt ? (retryAfterSeconds(attempt.retryAfter, now) ?? 0) : 0;
  return { retryInSeconds: Math.ceil(Math.min(Math.max(asked, usual), LONGEST)) };
};
