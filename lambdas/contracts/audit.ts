import * as z from 'zod';
import { Sha256, Timestamp } from './ids.ts';
import { Principal } from './principal.ts';

/** One link of the chain. `hash` = SHA-256 over the canonical JSON of everything else, `previous` included. */
export const AuditEvent = z.object({
  sequence: z.number().int().min(0),
  at: Timestamp,
  who: Principal,
  what: z.string().describe('the action: an operationId, or <machine>:<state>'),
  where: z.object({ component: z.string(), requestId: z.string().optional() }),
  result: z.enum(['success', 'refused', 'denied', 'fault']),
  /** ids, digests and counts; never PHI. */
  data: z.record(z.string(), z.unknown()),
  previous: Sha256,
  hash: Sha256,
});
export type AuditEvent = z.infer<typeof AuditEvent>;

/** A signed checkpoint under Object Lock: the head of the chain at a moment. */
export const AuditCheckpoint = z.object({
  sequence: z.number().int().min(0),
  hash: Sha256,
  at: Timestamp,
  keyId: z.string(),
  algorithm: z.literal('ECDSA_SHA_256'),
  signature: z.string(),
});
export type AuditCheckpoint = z.infer<typeof AuditCheckpoint>;

export const AuditExport = z.object({
  format: z.literal('proband-audit-1'),
  exportedAt: Timestamp,
  publicKeyPem: z.string(),
  events: z.array(AuditEvent),
  checkpoints: z.array(AuditCheckpoint),
  /** the sequence number that the next page starts at; null on the last page */
  next: z.number().int().nullable(),
});
export type AuditExport = z.infer<typeof AuditExport>;

export const AuditVerdict = z.object({
  verified: z.boolean(),
  events: z.number().int(),
  checkpoints: z.number().int(),
  /** SHA-256 of the public key (DER) that the checkpoints were verified with: to be compared with the key's own, known from elsewhere. */
  publicKeySha256: Sha256.nullable(),
  findings: z.array(
    z.object({ sequence: z.number().int(), kind: z.enum(['altered', 'missing', 'reordered', 'bad-signature', 'checkpoint-mismatch', 'unsealed']), detail: z.string() }),
  ),
});
export type AuditVerdict = z.infer<typeof AuditVerdict>;
