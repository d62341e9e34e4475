import type { AuditEvent } from '../../lambdas/contracts/audit.ts';
import type { World } from './world.ts';

/** The whole audit chain, by the API's pages. */
export const auditOf = async ({ as }: World): Promise<AuditEvent[]> => {
  const events: AuditEvent[] = [];
  for (let from: number | null = 0; from !== null; ) {
    const page: { events: AuditEvent[]; next: number | null } = await as('auditor')('exportAudit', { query: { from } });
    events.push(...page.events);
    from = page.next;
  }
  return events;
};
