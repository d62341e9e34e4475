import { ask } from './ask.ts';
import type { Connection } from './exchange.ts';
import { waitSeconds } from './retry-after.ts';
import { isTransient } from '../../outbound/retry-after.ts';

export type Removal = 'removed' | 'gone' | 'not-allowed' | 'failed';

const ATTEMPTS = 3;

/** Tells the server that its files are not needed any more. An export that it has forgotten is as good. */
export const remove = async (connection: Connection, statusUrl: string): Promise<Removal> => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    let retryAfter: string | undefined;
    try {
      const answer = await ask(connection, { method: 'DELETE', url: statusUrl, headers: { accept: 'application/json' } });
      answer.discard();
      if (answer.status >= 200 && answer.status < 300) return 'removed';
      if (answer.status === 404 || answer.status === 410) return 'gone';
      if (!isTransient(answer.status)) return answer.status < 500 ? 'not-allowed' : 'failed';
      retryAfter = answer.headers['retry-after'];
    } catch {
      // a broken connection is tried again like a busy server
    }
    if (attempt < ATTEMPTS - 1) await connection.sleep(Math.min(30, waitSeconds(retryAfter, attempt, connection.now(), connection.limits)));
  }
  return 'failed';
};
