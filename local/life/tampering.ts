import type { AuditExport } from '../../lambdas/contracts/audit.ts';
import { verifyExport } from '../../lambdas/domain/governance/verify.ts';

/** Three forgeries of an export, and what the verification says of each. */
export const tamperings = (exported: AuditExport) => {
  const middle = Math.floor(exported.events.length / 2);
  const forged: [string, (events: AuditExport['events']) => AuditExport['events']][] = [
    ['an event altered', (events) => events.map((event, index) => (index === middle ? { ...event, who: { ...event.who, username: 'someone-else' } } : event))],
    ['an event dropped', (events) => events.filter((_, index) => index !== middle)],
    ['two events swapped', (events) => events.map((event, index) => (index === middle ? events[middle + 1]! : index === middle + 1 ? events[middle]! : event))],
  ];
  return forged.map(([what, forge]) => {
    const verdict = verifyExport({ ...exported, events: forge(structuredClone(exported.events)) });
    return { what, found: !verdict.verified, verdict: verdict.findings.slice(0, 3) };
  });
};
