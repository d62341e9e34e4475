import type { AuditEvent } from '../../contracts/audit.ts';

/** An answer of the API holds less than 6 MB (Lambda's limit); checkpoints and the envelope need some of it. */
const MOST_BYTES = 4_000_000;

/** As many of the events as one answer holds, at least one. */
export const fittingEvents = (events: readonly AuditEvent[], mostBytes = MOST_BYTES): AuditEvent[] => {
  const kept: AuditEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    bytes += Buffer.byteLength(JSON.stringify(event));
    if (bytes > mostBytes && kept.length > 0) break;
    kept.push(event);
  }
  return kept;
};
