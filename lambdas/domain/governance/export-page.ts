import type { AuditEvent } from '../../contracts/audit.ts';

/** An answer of the API holds less than 6 MB (Lambda's limit); checkpoints and the envelope need some of it. */
const MOST_BYTES = 4_000_000;

/** As many of the events as one answer holds, at least one. */
export const fittingEvents = (events: readonly AuditEvent[], mostBytes = MOST_BYTES): AuditEvent[] => {
  let bytes = 0;
  const end = events.findIndex((event, index) => (bytes += Buffer.byteLength(JSON.stringify(event))) > mostBytes && index > 0);
  return events.slice(0, end < 0 ? events.length : end);
};
