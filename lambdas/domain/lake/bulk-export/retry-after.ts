import { retryAfterSeconds } from '../../outbound/retry-after.ts';
import type { Limits } from './exchange.ts';

/** How long to wait: what the server asks for, else twice as long each time; between the limits. */
export const waitSeconds = (header: string | undefined, before: number, now: number, { shortestWaitSeconds, longestWaitSeconds }: Limits): number => {
  const asked = retryAfterSeconds(header, now) ?? shortestWaitSeconds * 2 ** Math.min(before, 20);
  return Math.min(Math.max(asked, shortestWaitSeconds), longestWaitSeconds);
};
