import { PutObjectCommand } from '@aws-sdk/client-s3';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { keys } from '../../config/catalog/stores.ts';
import type { AuditCheckpoint, AuditEvent } from '../contracts/audit.ts';
import { checkpointDigest } from '../domain/governance/verify.ts';
import { CHAIN } from './audit-log.ts';
import { dynamo, s3 } from './clients.ts';
import { createDocument, queryDocuments } from './documents.ts';
import { signDigest } from './signature.ts';

const listed = (sequence: number) => ({ pk: 'CHECKPOINTS', sk: String(sequence).padStart(12, '0') });

/** Signs the head of the chain and keeps it under Object Lock; the same head twice is one checkpoint. Null: the chain is empty. */
export const signCheckpoint = async (where: { table: string; bucket: string; keyId: string; retentionDays: number }, now: Date): Promise<AuditCheckpoint | null> => {
  const { Item: head } = await dynamo().send(new GetCommand({ TableName: where.table, Key: CHAIN.head, ConsistentRead: true }));
  if (!head) return null;
  const facts = { sequence: head['sequence'] as number, hash: head['hash'] as string, at: now.toISOString() };
  const checkpoint: AuditCheckpoint = { ...facts, keyId: where.keyId, algorithm: 'ECDSA_SHA_256', signature: await signDigest(where.keyId, checkpointDigest(facts)) };
  await s3().send(
    new PutObjectCommand({
      Bucket: where.bucket,
      Key: keys.checkpoint(facts.sequence),
      Body: JSON.stringify(checkpoint),
      ContentType: 'application/json',
      ChecksumAlgorithm: 'SHA256',
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: new Date(now.getTime() + where.retentionDays * 86_400_000),
    }),
  );
  await createDocument(where.table, listed(facts.sequence), checkpoint);
  return checkpoint;
};

export const listCheckpoints = (table: string): Promise<AuditCheckpoint[]> => queryDocuments(table, 'CHECKPOINTS');

/** Events of the chain from a sequence number on, in order. */
export const readChain = async (table: string, from: number, limit: number): Promise<AuditEvent[]> => {
  const found = await queryDocuments<{ event: AuditEvent }>(table, CHAIN.pk, 'EVENT#', { limit, from: CHAIN.sk(from) });
  return found.map(({ event }) => event);
};
