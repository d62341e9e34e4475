import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { QueuedAudit, appendAuditBatch } from '../../adapters/audit-batch.ts';
import { log } from '../../adapters/log.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);

/** Puts a batch of calls onto the chain, each once however often it is delivered; what is no call goes to the dead-letter queue alone. */
export const handler = async (event: SQSEvent): Promise<SQSBatchResponse> => {
  const entries: QueuedAudit[] = [];
  const unreadable: string[] = [];
  for (const { messageId, body } of event.Records) {
    const read = QueuedAudit.safeParse(parsed(body));
    if (read.success) entries.push(read.data);
    else unreadable.push(messageId);
  }
  const appended = await appendAuditBatch(env.AUDIT_TABLE, entries);
  log.info('audit', { calls: entries.length, appended, unreadable: unreadable.length });
  return { batchItemFailures: unreadable.map((itemIdentifier) => ({ itemIdentifier })) };
};

const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
};
