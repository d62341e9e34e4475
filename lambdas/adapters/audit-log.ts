import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { GetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { AuditEvent } from '../contracts/audit.ts';
import type { Principal } from '../contracts/principal.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import { nextEvent } from '../domain/governance/chain.ts';
import { dynamo } from './clients.ts';

export type AuditEntry = Pick<AuditEvent, 'who' | 'what' | 'result' | 'data'> & { requestId?: string };

/** The table's one chain. Sort keys are zero-padded sequence numbers; the head stands apart. */
export const CHAIN = { pk: 'CHAIN', head: { pk: 'CHAIN', sk: 'HEAD' }, sk: (sequence: number) => `EVENT#${String(sequence).padStart(12, '0')}` };

/** A component that acts by its own role. */
export const servicePrincipal = (name: string): Principal => ({ subject: `service:${name}`, username: `service:${name}`, roles: ['service'], authentication: 'iam-role' });

/** The head's move from where it was seen; it fails where another event came first. */
export const moveHead = (table: string, seen: { sequence: number } | null, { sequence, hash }: { sequence: number; hash: string }) =>
  seen
    ? {
        Update: {
          TableName: table,
          Key: CHAIN.head,
          UpdateExpression: 'SET #s = :s, #h = :h',
          ConditionExpression: '#s = :seen',
          ExpressionAttributeNames: { '#s': 'sequence', '#h': 'hash' },
          ExpressionAttributeValues: { ':s': sequence, ':h': hash, ':seen': seen.sequence },
        },
      }
    : { Put: { TableName: table, Item: { ...CHAIN.head, sequence, hash }, ConditionExpression: 'attribute_not_exists(pk)' } };

/**
 * Appends one event: the event and the head's move are one transaction, so that a race leaves no gap and no fork; the loser reads the
 * new head and tries again. With `once`, a second append under that key is dropped (a step that runs twice is audited once).
 */
export const appendAudit = async (table: string, entry: AuditEntry, once?: string): Promise<void> => {
  const { requestId, ...facts } = entry;
  const where = { component: process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? 'local', ...(requestId ? { requestId } : {}) };
  for (let attempt = 0; attempt < 40; attempt++) {
    const { Item: head } = await dynamo().send(new GetCommand({ TableName: table, Key: CHAIN.head, ConsistentRead: true }));
    const seen = head ? { sequence: head['sequence'] as number, hash: head['hash'] as string } : null;
    const event = nextEvent(seen, { ...facts, where, at: new Date().toISOString() });
    try {
      await dynamo().send(
        new TransactWriteCommand({
          TransactItems: [
            // as the text that was hashed: a map would bound numbers and lose their spelling
            { Put: { TableName: table, Item: { pk: CHAIN.pk, sk: CHAIN.sk(event.sequence), event: canonicalJson(event) }, ConditionExpression: 'attribute_not_exists(pk)' } },
            moveHead(table, seen, event),
            ...(once ? [{ Put: { TableName: table, Item: { pk: `ONCE#${once}`, sk: 'ONCE', sequence: event.sequence }, ConditionExpression: 'attribute_not_exists(pk)' } }] : []),
          ],
        }),
      );
      return;
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      if (once && error.CancellationReasons?.at(-1)?.Code === 'ConditionalCheckFailed') return;
      await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 30 * Math.min(attempt + 1, 8)));
    }
  }
  throw new Error('the audit chain moved 40 times while one event waited');
};
