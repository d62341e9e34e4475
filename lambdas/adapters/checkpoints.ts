import { PutObjectCommand } from '@aws-sdk/client-s3';
import { keys } from '../../config/catalog/stores.ts';
import type { AuditCheckpoint, AuditEvent } from '../contracts/audit.ts';
import { checkpointDigest } from '../domain/governance/checkpoint.ts';
import { CHAIN } from './audit-log.ts';
import { s3 } from './clients.ts';
import { createDocument, getDocument, queryDocuments } from './documents.ts';
import { SIGNING_ALGORITHM, signDigest } from './signing-key.ts';

const CHECKPOINTS = 'CHECKPOINTS';
const address = (sequence: number) => ({ pk: CHECKPOINTS, sk: String(sequence).padStart(12, '0') });

/** `bucket` locks each object for the environment’s retention as it comes in: Object Lock’s default retention (infra/constructs/data-stores.ts). */
export type Vault = { table: string; bucket: string; keyId: string };

/** The newest event of the chain, or null where nothing was audited yet. */
export const chainHead = (table: string): Promise<{ sequence: number; hash: string } | null> => getDocument(table, CHAIN.head);

/** Signs the head of the chain and keeps it under Object Lock; a head that has a checkpoint keeps it. Null: the chain is empty. */
export const sealChain = async (vault: Vault, now: Date): Promise<AuditCheckpoint | null> => {
  const head = await chainHead(vault.table);
  if (!head) return null;
  const standing = await checkpointAt(vault.table, head.sequence);
  if (standing) return standing;
  const unsigned = { sequence: head.sequence, hash: head.hash, at: now.toISOString(), keyId: vault.keyId, algorithm: SIGNING_ALGORITHM } as const;
  const checkpoint: AuditCheckpoint = { ...unsigned, signature: await signDigest(vault.keyId, checkpointDigest(unsigned)) };
  await lockAway(vault.bucket, checkpoint);
  const first = await createDocument(vault.table, address(head.sequence), checkpoint);
  return first ? checkpoint : checkpointAt(vault.table, head.sequence);
};

/** The copy that nobody can change or delete before its time. S3 wants a checksum with every object that it locks. */
const lockAway = async (bucket: string, checkpoint: AuditCheckpoint): Promise<void> => {
  await s3().send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: keys.checkpoint(checkpoint.sequence),
      Body: JSON.stringify(checkpoint),
      ContentType: 'application/json',
      ChecksumAlgorithm: 'SHA256',
    }),
  );
};

const checkpointAt = (table: string, sequence: number): Promise<AuditCheckpoint | null> => getDocument(table, address(sequence));

/** Every checkpoint, oldest first. */
export const listCheckpoints = (table: string): Promise<AuditCheckpoint[]> => queryDocuments(table, CHECKPOINTS);

/** Events of the chain from one sequence number to another, both included, in order. */
export const readChain = async (table: string, from: number, to: number): Promise<AuditEvent[]> => {
  const found = await queryDocuments<{ event: string }>(table, CHAIN.pk, 'EVENT#', { from: CHAIN.sk(from), limit: Math.max(0, to - from + 1) });
  return found.map(({ event }) => JSON.parse(event) as AuditEvent);
};
