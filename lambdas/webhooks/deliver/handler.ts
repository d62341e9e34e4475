import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { DELIVERY } from '../../../config/catalog/webhooks.ts';
import { servicePrincipal } from '../../adapters/audit-log.ts';
import { auditQueue } from '../../adapters/audit-queue.ts';
import { log, redactedStack } from '../../adapters/log.ts';
import { httpExchange } from '../../adapters/outbound-http.ts';
import { claimDelivery, releaseDelivery } from '../../adapters/webhook-delivery-store.ts';
import { type Posted, postTo } from '../../adapters/webhook-post.ts';
import { hideMessage } from '../../adapters/webhook-queue.ts';
import { getWebhook } from '../../adapters/webhook-store.ts';
import { Delivery, type DeliveryEnd } from '../../contracts/webhook.ts';
import { takes } from '../../domain/mlflow/webhooks/deliveries.ts';
import { judgeAttempt } from '../../domain/mlflow/webhooks/judge-attempt.ts';
import { bodyOf } from '../../domain/mlflow/webhooks/message.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);
const sender = { keyId: env.WEBHOOK_KEY_ID, exchange: httpExchange({ loopback: env.WEBHOOK_LOOPBACK === '1' }) };
const append = auditQueue(env.AUDIT_QUEUE_URL);
const WHAT = 'webhooks:deliver';

/** Deliveries to webhooks, side by side. One that is to be tried again stays in the queue, hidden until its time; one given up goes to the dead letters. */
export const handler = async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
  const ends = await Promise.all(Records.map(async (record) => ({ record, isOver: await attempt(record) })));
  return { batchItemFailures: ends.filter(({ isOver }) => !isOver).map(({ record }) => ({ itemIdentifier: record.messageId })) };
};

/** Whether the message is done with. */
const attempt = async ({ messageId, body, receiptHandle, attributes }: SQSRecord): Promise<boolean> => {
  try {
    const delivery = Delivery.parse(JSON.parse(body));
    const retryInSeconds = await deliver(delivery, Number(attributes.ApproximateReceiveCount));
    if (retryInSeconds === null) return true;
    await hideMessage(env.DELIVERIES_QUEUE_URL, receiptHandle, retryInSeconds);
  } catch (error) {
    log.error('delivery failed', { messageId, name: (error as Error).name, stack: redactedStack(error) });
  }
  return false;
};

/** Null: it is over; else the seconds until the message shall appear again. */
const deliver = async (delivery: Delivery, count: number): Promise<number | null> => {
  const claim = await claimDelivery(env.TRACKING_TABLE, delivery, Date.now());
  if (claim === 'held') return DELIVERY.leaseSeconds;
  if (claim !== 'claimed') {
    await audit(delivery, claim.ended);
    return null;
  }
  const webhook = await getWebhook(env.TRACKING_TABLE, delivery.project, delivery.webhookId);
  if (!webhook || !takes(webhook, delivery)) {
    await end(delivery, 'dropped');
    return null;
  }
  const posted = await postTo(sender, delivery.project, webhook, delivery.deliveryId, bodyOf(delivery));
  const verdict = judgeAttempt(posted, count, Date.now());
  const status = 'status' in posted ? posted.status : undefined;
  log.info('attempt', { deliveryId: delivery.deliveryId, webhookId: delivery.webhookId, count, ...verdict, ...summary(posted) });
  if ('retryInSeconds' in verdict) {
    await releaseDelivery(env.TRACKING_TABLE, delivery, { status });
    return verdict.retryInSeconds;
  }
  await end(delivery, verdict.end, status);
  return verdict.end === 'given-up' ? 0 : null;
};

/** For the log: no word of the receiver's, and no address. */
const summary = (posted: Posted): Record<string, unknown> =>
  'status' in posted ? { status: posted.status } : 'broken' in posted ? { broken: posted.broken } : { notCalled: true };

const end = async (delivery: Delivery, how: DeliveryEnd, status?: number): Promise<void> => {
  await releaseDelivery(env.TRACKING_TABLE, delivery, { status, end: how });
  await audit(delivery, how, status);
};

const RESULT = { delivered: 'success', dropped: 'refused', refused: 'refused', 'given-up': 'fault' } as const satisfies Record<DeliveryEnd, string>;

/** The chain takes each end of a delivery once, however often it is noted. */
const audit = ({ deliveryId, project, webhookId, eventId }: Delivery, how: DeliveryEnd, status?: number): Promise<void> =>
  append({
    who: servicePrincipal(WHAT),
    what: WHAT,
    result: RESULT[how],
    data: { project, webhookId, eventId, deliveryId, end: how, ...(status === undefined ? {} : { status }) },
    requestId: `${deliveryId}:${how}`,
  });
