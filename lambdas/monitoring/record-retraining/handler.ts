import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { noteRetraining } from '../../adapters/retraining-store.ts';
import { requireRun } from '../../adapters/run-store.ts';
import { step } from '../../adapters/step.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'retrain:RecordRetraining';
const ENDED = { candidate: 'candidate', 'gates-failed': 'gates-failed', 'leakage-blocked': 'refused', faulted: 'faulted' } as const;

/** Where the retraining's run stands; once it has ended, so has the retraining. */
export const handler = step(Input, async ({ retrainingId, runId }) => {
  const run = await requireRun(env.REGISTRY_TABLE, runId);
  if (run.status === 'running') return { outcome: 'running' };
  const status = ENDED[run.status];
  await noteRetraining(env.MONITORING_TABLE, retrainingId, { status });
  await appendAudit(
    env.AUDIT_TABLE,
    {
      who: servicePrincipal(STATE),
      what: STATE,
      result: status === 'candidate' ? 'success' : 'refused',
      data: { retrainingId, runId, status, ...(run.modelVersion ? { modelVersion: run.modelVersion } : {}) },
    },
    `${STATE}:${retrainingId}`,
  );
  return { outcome: status };
});
