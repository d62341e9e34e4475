import { createVerify } from 'node:crypto';
import type { AuditCheckpoint, AuditExport, AuditVerdict } from '../../contracts/audit.ts';
import { canonicalJson, digestOf } from '../canonical-json.ts';
import { GENESIS, eventHash } from './chain.ts';

/** What a checkpoint's signature is over. */
export const checkpointDigest = ({ sequence, hash, at }: Pick<AuditCheckpoint, 'sequence' | 'hash' | 'at'>): string => digestOf({ sequence, hash, at });

const signatureHolds = (checkpoint: AuditCheckpoint, publicKeyPem: string): boolean => {
  // node hashes what it verifies: give it the bytes whose SHA-256 KMS signed as a digest
  const message = canonicalBytes(checkpoint);
  try {
    return createVerify('sha256').update(message).verify(publicKeyPem, Buffer.from(checkpoint.signature, 'base64'));
  } catch {
    return false;
  }
};

const canonicalBytes = ({ sequence, hash, at }: AuditCheckpoint): string => canonicalJson({ sequence, hash, at });

/**
 * Verifies an export without any service: every event's hash, every link, the order, and every checkpoint's signature and place. An event
 * that was altered, dropped or moved is found; so is a tail cut off behind the last checkpoint.
 */
export const verifyExport = ({ events, checkpoints, publicKeyPem }: Pick<AuditExport, 'events' | 'checkpoints' | 'publicKeyPem'>): AuditVerdict => {
  const findings: AuditVerdict['findings'] = [];
  let expected = 0;
  let previous = GENESIS;
  for (const event of events) {
    const { sequence } = event;
    if (sequence > expected) findings.push({ sequence: expected, kind: 'missing', detail: sequence === expected + 1 ? `event ${expected} is missing` : `events ${expected} to ${sequence - 1} are missing` });
    else if (sequence < expected) findings.push({ sequence, kind: 'reordered', detail: `event ${sequence} stands where ${expected} is due` });
    if (eventHash(event) !== event.hash) findings.push({ sequence, kind: 'altered', detail: `event ${sequence} is not what its hash was made of` });
    else if (sequence === expected && event.previous !== previous) findings.push({ sequence, kind: 'altered', detail: `event ${sequence} does not follow from the event before it` });
    expected = sequence + 1;
    previous = event.hash;
  }
  const bySequence = new Map(events.map(({ sequence, hash }) => [sequence, hash]));
  for (const checkpoint of checkpoints) {
    const { sequence, hash } = checkpoint;
    if (!signatureHolds(checkpoint, publicKeyPem)) findings.push({ sequence, kind: 'bad-signature', detail: `the checkpoint at ${sequence} is not signed by this key` });
    const found = bySequence.get(sequence);
    if (found === undefined) findings.push({ sequence, kind: 'missing', detail: `a checkpoint was signed at ${sequence}, and that event is missing` });
    else if (found !== hash) findings.push({ sequence, kind: 'checkpoint-mismatch', detail: `a checkpoint was signed at ${sequence} over another event` });
  }
  return { verified: findings.length === 0, events: events.length, checkpoints: checkpoints.length, findings };
};
