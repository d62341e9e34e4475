import { SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { PredictionCall, PredictionFault, PredictionRecord } from '../contracts/prediction.ts';
import type { AuditSink } from './api.ts';

let client: SQSClient | undefined;
const sqs = (): SQSClient => (client ??= new SQSClient({}));

/** What the calls in progress leave for the record, by request id. */
const pending = new Map<string, { records: PredictionRecord[]; faults: PredictionFault[] }>();

const left = (requestId: string) => {
  const found = pending.get(requestId) ?? { records: [], faults: [] };
  pending.set(requestId, found);
  return found;
};

export const noteRecord = (requestId: string, record: PredictionRecord): void => void left(requestId).records.push(record);
export const noteFault = (requestId: string, fault: PredictionFault): void => void left(requestId).faults.push(fault);

/** One message per call: its audit entry and what it left. Both are recorded in batches (prediction/record-predictions). */
export const predictionQueue =
  (queueUrl: string): AuditSink =>
  async ({ who, what, result, data, requestId = '' }) => {
    const { records, faults } = left(requestId);
    pending.delete(requestId);
    const call: PredictionCall = { requestId, at: new Date().toISOString(), who, what, result, data, records, faults };
    await sqs().send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(call) }));
  };
