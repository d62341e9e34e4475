import { serve } from '../../adapters/api.ts';
import { auditQueue } from '../../adapters/audit-queue.ts';
import { getProject } from '../../adapters/project-store.ts';
import { applyRetention } from '../../adapters/tracking/retention.ts';
import { done } from '../../contracts/outcome.ts';
import { mayClear, shownTo } from '../../domain/projects/settings.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);
/** Runs of one call, within an answer's 29 s. */
const MOST = 100;

export const handler = serve(
  {
    applyRetention: async ({ params, body: { dryRun }, caller, audit }) => {
      const shown = shownTo(params.project, await getProject(env.TRACKING_TABLE, params.project), caller);
      if (!shown.ok) return shown;
      const allowed = mayClear(shown.value, caller);
      if (!allowed.ok) return allowed;
      const result = await applyRetention(env, shown.value, { dryRun, most: MOST, now: Date.now() });
      Object.assign(audit, { dryRun, deleted: result.deleted, removed: result.removed, kept: result.kept.length, more: result.more });
      return done(result);
    },
  },
  auditQueue(env.AUDIT_QUEUE_URL),
);
