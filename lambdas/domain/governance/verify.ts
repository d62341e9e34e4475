import type { AuditCheckpoint, AuditEvent, AuditExport, AuditVerdict } from '../../contracts/audit.ts';
import { isSigned, keyFingerprint } from './checkpoint.ts';
import { GENESIS, eventHash } from './chain.ts';

type Finding = AuditVerdict['findings'][number];

/**
 * Verifies an export without any service: every event's hash, every link, the order, every checkpoint's signature and place, and that a
 * checkpoint seals the last event. An event that was altered, dropped, moved or added is found, and so is a tail that was cut off behind
 * the last checkpoint. What an export cannot tell by itself: whether it is the newest one, and whose key it names; compare
 * `publicKeySha256` with the deployment's key, and the last checkpoint with the copy under Object Lock.
 */
export const verifyExport = ({ events, checkpoints, publicKeyPem }: Pick<AuditExport, 'events' | 'checkpoints' | 'publicKeyPem'>): AuditVerdict => {
  const findings = [...chainFindings(events), ...checkpointFindings(events, checkpoints, publicKeyPem), ...sealFindings(events, checkpoints)];
  return { verified: findings.length === 0, events: events.length, checkpoints: checkpoints.length, publicKeySha256: keyFingerprint(publicKeyPem), findings };
};

const chainFindings = (events: readonly AuditEvent[]): Finding[] => {
  const findings: Finding[] = [];
  let due = 0;
  let previous = GENESIS;
  for (const event of events) {
    const { sequence } = event;
    if (sequence > due)
      findings.push({ sequence: due, kind: 'missing', detail: sequence === due + 1 ? `event ${due} is missing` : `events ${due} to ${sequence - 1} are missing` });
    else if (sequence < due) findings.push({ sequence, kind: 'reordered', detail: `event ${sequence} stands where ${due} is due` });
    if (eventHash(event) !== event.hash) findings.push({ sequence, kind: 'altered', detail: `event ${sequence} is not what its hash was made of` });
    else if (sequence === due && event.previous !== previous) findings.push({ sequence, kind: 'altered', detail: `event ${sequence} does not follow from the event before it` });
    due = sequence + 1;
    previous = event.hash;
  }
  return findings;
};

const checkpointFindings = (events: readonly AuditEvent[], checkpoints: readonly AuditCheckpoint[], publicKeyPem: string): Finding[] => {
  const hashes = new Map(events.map(({ sequence, hash }) => [sequence, hash]));
  return checkpoints.flatMap((checkpoint): Finding[] => {
    const { sequence, hash } = checkpoint;
    if (!isSigned(checkpoint, publicKeyPem)) return [{ sequence, kind: 'bad-signature', detail: `the checkpoint at ${sequence} is not signed by this key` }];
    const found = hashes.get(sequence);
    if (found === undefined) return [{ sequence, kind: 'missing', detail: `a checkpoint was signed at ${sequence}, and that event is missing` }];
    return found === hash ? [] : [{ sequence, kind: 'checkpoint-mismatch', detail: `a checkpoint was signed at ${sequence} over another event` }];
  });
};

const sealFindings = (events: readonly AuditEvent[], checkpoints: readonly AuditCheckpoint[]): Finding[] => {
  const last = events.at(-1)?.sequence ?? -1;
  const sealed = Math.max(-1, ...checkpoints.map(({ sequence }) => sequence));
  if (last > sealed) return [{ sequence: sealed + 1, kind: 'unsealed', detail: `no checkpoint seals the events from ${sealed + 1} on` }];
  return last < 0 ? [{ sequence: 0, kind: 'missing', detail: 'the export holds no event' }] : [];
};
