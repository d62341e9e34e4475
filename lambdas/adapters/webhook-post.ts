import { DELIVERY } from '../../config/catalog/webhooks.ts';
import type { Webhook } from '../contracts/webhook.ts';
import type { Attempt } from '../domain/mlflow/webhooks/judge-attempt.ts';
import { headersOf } from '../domain/mlflow/webhooks/message.ts';
import { ConnectionBroken, type Exchange, type HttpAnswer, RequestRefused } from '../domain/outbound/exchange.ts';
import { openSecret } from './webhook-secret.ts';

export type Posted = Attempt & { text?: string };

/** Where a webhook's secret opens, and how the outside is reached. */
export type Sender = { keyId: string; exchange: Exchange };

/** Signs the message and posts it once. The receiver has its seconds to answer; how it went is data. */
export const postTo = async ({ keyId, exchange }: Sender, project: string, { webhookId, url, secret }: Webhook, id: string, body: string): Promise<Posted> => {
  const opened = secret === undefined ? undefined : await openSecret(keyId, { project, webhookId }, secret);
  const headers = headersOf(opened, id, body, Date.now());
  try {
    const answer = await exchange({ method: 'POST', url, headers, body, signal: AbortSignal.timeout(DELIVERY.answerSeconds * 1000) });
    return { status: answer.status, retryAfter: answer.headers['retry-after'], text: await beginningOf(answer) };
  } catch (error) {
    if (error instanceof RequestRefused) return { notCalled: error.message };
    if (error instanceof ConnectionBroken) return { broken: error.message };
    throw error;
  }
};

/** What of the answer's body came within the limits; the status counts, whatever becomes of the rest. */
const beginningOf = async (answer: HttpAnswer): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer.body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= DELIVERY.answerBytes) break;
    }
  } catch (error) {
    if (!(error instanceof ConnectionBroken)) throw error;
  } finally {
    answer.discard();
  }
  return Buffer.concat(chunks).subarray(0, DELIVERY.answerBytes).toString('utf8');
};
