import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { GetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { AuditEvent } from '../contracts/audit.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import { nextEvent } from '../domain/governance/chain.ts';
import { CHAIN, moveHead } from './audit-log.ts';
import { dynamo } from './clients.ts';

/** A call as its function queued it; `at` is when it was answered. */
export const QueuedAudit = AuditEvent.pick({ who: true, what: true, result: true, data: true, at: true }).extend({ component: z.string(), requestId: z.string() });
export type QueuedAudit = z.infer<typeof QueuedAudit>;

/** An event and the mark that it is on the chain are two items of a transaction, which holds 100; the head is one. */
const TOGETHER = 49;
const ATTEMPTS = 60;

/** Appends many events at once, in their order; those that are on the chain already are left out. Answers how many were new. */
export const appendAuditBatch = async (table: string, entries: readonly QueuedAudit[]): Promise<number> => {
  let appended = 0;
  for (let start = 0; start < entries.length; start += TOGETHER) appended += await appendTogether(table, entries.slice(start, start + TOGETHER));
  return appended;
};

const onceAt = ({ requestId, what }: QueuedAudit) => ({ pk: `ONCE#${what}:${requestId}`, sk: 'ONCE' });

const appendTogether = async (table: string, wanted: readonly QueuedAudit[]): Promise<number> => {
  let entries = [...new Map(wanted.map((entry) => [onceAt(entry).pk, entry])).values()];
  for (let attempt = 0; attempt < ATTEMPTS && entries.length > 0; attempt++) {
    const { Item: head } = await dynamo().send(new GetCommand({ TableName: table, Key: CHAIN.head, ConsistentRead: true }));
    const seen = head ? { sequence: head['sequence'] as number, hash: head['hash'] as string } : null;
    let last = seen;
    const events = entries.map(({ component, requestId, ...facts }) => {
      const event = nextEvent(last, { ...facts, where: { component, requestId } });
      last = { sequence: event.sequence, hash: event.hash };
      return event;
    });
    const unlessThere = { TableName: table, ConditionExpression: 'attribute_not_exists(pk)' };
    try {
      await dynamo().send(
        new TransactWriteCommand({
          TransactItems: [
            moveHead(table, seen, last!),
            ...entries.map((entry, index) => ({ Put: { ...unlessThere, Item: { ...onceAt(entry), sequence: events[index]!.sequence } } })),
            ...events.map((event) => ({ Put: { ...unlessThere, Item: { pk: CHAIN.pk, sk: CHAIN.sk(event.sequence), event: canonicalJson(event) } } })),
          ],
        }),
      );
      return entries.length;
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const reasons = error.CancellationReasons ?? [];
      entries = entries.filter((_, index) => reasons[index + 1]?.Code !== 'ConditionalCheckFailed');
      await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 30 * Math.min(attempt + 1, 8)));
    }
  }
  if (entries.length > 0) throw new Error(`the audit chain moved ${ATTEMPTS} times while ${entries.length} events waited`);
  return 0;
};
