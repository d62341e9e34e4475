import type { ScheduledEvent } from 'aws-lambda';
import { servicePrincipal } from '../../adapters/audit-log.ts';
import { auditQueue } from '../../adapters/audit-queue.ts';
import { log } from '../../adapters/log.ts';
import { listProjects } from '../../adapters/project-store.ts';
import { applyRetention } from '../../adapters/tracking/retention.ts';
import { hasRules } from '../../domain/projects/retention.ts';
import { Environment } from '../retention/contract.ts';

const env = Environment.parse(process.env);
const audit = auditQueue(env.AUDIT_QUEUE_URL);
const WHAT = 'retention:apply';
/** Runs of one project a day; the rest waits for the next. */
const MOST = 5000;

/** Every project's rules, once a day. A day that comes twice finds nothing more to do. */
export const handler = async ({ id, time }: Pick<ScheduledEvent, 'id' | 'time'>): Promise<void> => {
  for (const project of await listProjects(env.TRACKING_TABLE)) {
    if (!hasRules(project.retention)) continue;
    const { deleted, removed, kept, more } = await applyRetention(env, project, { dryRun: false, most: MOST, now: Date.parse(time) });
    const data = { project: project.project, retention: project.retention, deleted: deleted.length, removed: removed.length, kept: kept.length, more };
    log.info('retention', data);
    if (deleted.length + removed.length > 0) await audit({ who: servicePrincipal(WHAT), what: WHAT, result: 'success', data, requestId: `${id}:${project.project}` });
  }
};
