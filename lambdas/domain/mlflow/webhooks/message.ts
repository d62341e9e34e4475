import { createHash, createHmac } from 'node:crypto';
import type { RegistryEvent } from '../../../contracts/registry-event.ts';

/** The id of an event's delivery to a webhook, always the same one (a UUID of version 8, RFC 9562, made of their hash). */
export const deliveryId = (eventId: string, webhookId: string): string => {
  const bytes = createHash('sha256').update(`${eventId}\n${webhookId}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

/** What a receiver gets; the time as Python's `isoformat` spells it in UTC. */
export const bodyOf = ({ entity, action, at, data }: Pick<RegistryEvent, 'entity' | 'action' | 'at' | 'data'>): string =>
  JSON.stringify({ entity, action, timestamp: at.replace(/Z$/, '+00:00'), data });

/** MLflow's signature (mlflow.webhooks.delivery, 3.12): HMAC-SHA256 over id, time in epoch seconds and body, as Standard Webhooks has it. */
export const signature = (secret: string, id: string, timestamp: string, body: string): string =>
  `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`;

export const headersOf = (secret: string | undefined, id: string, body: string, now: number): Record<string, string> => {
  const timestamp = String(Math.floor(now / 1000));
  return {
    'Content-Type': 'application/json',
    'X-MLflow-Delivery-Id': id,
    'X-MLflow-Timestamp': timestamp,
    ...(secret === undefined ? {} : { 'X-MLflow-Signature': signature(secret, id, timestamp, body) }),
  };
};
