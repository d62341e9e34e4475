import type { AuditEvent } from '../../contracts/audit.ts';
import { digestOf } from '../canonical-json.ts';

/** The `previous` of the first event. */
export const GENESIS = '0'.repeat(64);

/** Hash of one event: SHA-256 over the canonical JSON of everything but the hash itself. */
export const eventHash = (event: Omit<AuditEvent, 'hash'>): string => {
  const { sequence, at, who, what, where, result, data, previous } = event;
  return digestOf({ sequence, at, who, what, where, result, data, previous });
};

/** The event that follows `head` (null: the chain is empty). */
export const nextEvent = (head: { sequence: number; hash: string } | null, entry: Omit<AuditEvent, 'sequence' | 'previous' | 'hash'>): AuditEvent => {
  const unsealed = { ...entry, sequence: head ? head.sequence + 1 : 0, previous: head?.hash ?? GENESIS };
  return { ...unsealed, hash: eventHash(unsealed) };
};
