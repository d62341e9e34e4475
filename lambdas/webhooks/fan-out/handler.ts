import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { log, redactedStack } from '../../adapters/log.ts';
import { sendDeliveries } from '../../adapters/webhook-queue.ts';
import { listWebhooks } from '../../adapters/webhook-store.ts';
import { deliveriesOf } from '../../domain/mlflow/webhooks/deliveries.ts';
import { Environment, Message } from './contract.ts';

const env = Environment.parse(process.env);

/** Registry events to the webhooks of their projects: a delivery for each that takes such events. An event that comes twice makes the same deliveries. */
export const handler = async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
  const failed: string[] = [];
  for (const { messageId, body } of Records) {
    try {
      await fanOut(body);
    } catch (error) {
      log.error('fan-out failed', { messageId, name: (error as Error).name, stack: redactedStack(error) });
      failed.push(messageId);
    }
  }
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
};

const fanOut = async (body: string): Promise<void> => {
  const { detail: event } = Message.parse(JSON.parse(body));
  const deliveries = deliveriesOf(event, await listWebhooks(env.TRACKING_TABLE, event.project));
  await sendDeliveries(env.DELIVERIES_QUEUE_URL, deliveries);
  log.info('registry event', { eventId: event.eventId, project: event.project, entity: event.entity, action: event.action, deliveries: deliveries.length });
};
