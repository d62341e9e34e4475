import { ChangeMessageVisibilityCommand, SQSClient, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import type { Delivery } from '../contracts/webhook.ts';

let client: SQSClient | undefined;
const sqs = (): SQSClient => (client ??= new SQSClient({}));

/** SQS takes this many messages at once, and this many bytes of them. */
const MOST_AT_ONCE = 10;
const MOST_BYTES = 262_144;

/** Hands deliveries on, each as a message of its own. */
export const sendDeliveries = async (queueUrl: string, deliveries: readonly Delivery[]): Promise<void> => {
  for (const batch of batches(deliveries.map((delivery) => JSON.stringify(delivery)))) {
    const Entries = batch.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
    const { Failed = [] } = await sqs().send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    if (Failed.length > 0) throw new Error(`${Failed.length} of ${batch.length} deliveries were not queued: ${Failed[0]!.Code}`);
  }
};

const batches = (bodies: readonly string[]): string[][] => {
  const made: string[][] = [];
  let bytes = Infinity;
  for (const body of bodies) {
    const size = Buffer.byteLength(body);
    if (bytes + size > MOST_BYTES || made.at(-1)!.length === MOST_AT_ONCE) {
      made.push([]);
      bytes = 0;
    }
    made.at(-1)!.push(body);
    bytes += size;
  }
  return made;
};

/** A message that its function fails appears again after so long, instead of after the queue's own time. */
export const hideMessage = async (queueUrl: string, receiptHandle: string, seconds: number): Promise<void> => {
  await sqs().send(new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle, VisibilityTimeout: seconds }));
};
