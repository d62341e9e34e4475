import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { noteRun } from '../../adapters/run-store.ts';
import { step } from '../../adapters/step.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'develop:End';
/** A fault's cause may quote data: only its first line, and not more of it than names it. */
const CAUSE_CHARACTERS = 200;

/** How the run ended: a typed outcome, or a fault. */
export const handler = step(Input, async ({ runId, status, detail, reviewId }) => {
  const shown = detail?.split('\n')[0]?.slice(0, CAUSE_CHARACTERS);
  await appendAudit(
    env.AUDIT_TABLE,
    {
      who: servicePrincipal(STATE),
      what: STATE,
      result: status === 'candidate' ? 'success' : status === 'faulted' ? 'fault' : 'refused',
      data: { runId, status, ...(reviewId ? { reviewId } : {}) },
    },
    `${STATE}:${runId}`,
  );
  await noteRun(env.REGISTRY_TABLE, runId, { status, endedAt: new Date().toISOString(), ...(shown ? { detail: shown } : {}), ...(reviewId ? { reviewId } : {}) });
  return { runId, status };
});
