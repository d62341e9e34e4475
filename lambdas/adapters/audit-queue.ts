import { SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { AuditSink } from './api.ts';

let client: SQSClient | undefined;
const sqs = (): SQSClient => (client ??= new SQSClient({}));

/** For calls that come often: their audit events go onto the chain in batches (governance/append-audit), in the order they arrived there. */
export const auditQueue =
  (queueUrl: string): AuditSink =>
  async (entry) => {
    const component = process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? 'local';
    await sqs().send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify({ ...entry, component, at: new Date().toISOString() }) }));
  };
