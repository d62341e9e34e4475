import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { DELIVERY } from '../../config/catalog/webhooks.ts';
import type { Delivery, DeliveryEnd } from '../contracts/webhook.ts';
import { dynamo } from './clients.ts';
import { type Address, getDocument } from './documents.ts';
import { below } from './tracking/addresses.ts';

/** One delivery's record: who holds it until when, how often it was tried, how it ended; it expires. */
type DeliveryRecord = { heldUntil: number; attempts: number; status?: number; end?: DeliveryEnd; expiresAt: number };
export type Claim = 'claimed' | 'held' | { ended: DeliveryEnd };

const address = ({ project, deliveryId }: Delivery): Address => ({ pk: below(project, 'WEBHOOK-DELIVERIES'), sk: deliveryId });

/** Takes a delivery for one attempt: nobody else tries meanwhile, and what has ended is not tried again, unless it was given up and comes from the dead letters. */
export const claimDelivery = async (table: string, delivery: Delivery, now: number): Promise<Claim> => {
  const key = address(delivery);
  try {
    await dynamo().send(
      new UpdateCommand({
        TableName: table,
        Key: key,
        UpdateExpression: 'SET heldUntil = :until, expiresAt = :expires, webhookId = :webhook, eventId = :event REMOVE #end',
        ConditionExpression: '(attribute_not_exists(#end) OR #end = :givenUp) AND (attribute_not_exists(heldUntil) OR heldUntil < :now)',
        ExpressionAttributeNames: { '#end': 'end' },
        ExpressionAttributeValues: {
          ':until': now + DELIVERY.leaseSeconds * 1000,
          ':expires': Math.floor(now / 1000) + DELIVERY.keptDays * 86_400,
          ':webhook': delivery.webhookId,
          ':event': delivery.eventId,
          ':givenUp': 'given-up' satisfies DeliveryEnd,
          ':now': now,
        },
      }),
    );
    return 'claimed';
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    const record = await getDocument<DeliveryRecord>(table, key);
    return record?.end && record.end !== 'given-up' ? { ended: record.end } : 'held';
  }
};

/** Lets go of a delivery after an attempt; with `end` it is over. */
export const releaseDelivery = async (table: string, delivery: Delivery, { status, end }: { status?: number | undefined; end?: DeliveryEnd | undefined }): Promise<void> => {
  await dynamo().send(
    new UpdateCommand({
      TableName: table,
      Key: address(delivery),
      UpdateExpression: `SET heldUntil = :free, #status = :status${end ? ', #end = :end' : ''} ADD attempts :one`,
      ExpressionAttributeNames: { '#status': 'status', ...(end ? { '#end': 'end' } : {}) },
      ExpressionAttributeValues: { ':free': 0, ':status': status ?? null, ':one': 1, ...(end ? { ':end': end } : {}) },
    }),
  );
};
