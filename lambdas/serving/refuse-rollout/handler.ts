import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { updateRollout } from '../../adapters/rollout-store.ts';
import { step } from '../../adapters/step.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'rollout:RefuseRollout';

/** Ends a rollout whose version may not be deployed; nothing has been changed by it. */
export const handler = step(Input, async ({ rolloutId, detail }) => {
  await updateRollout(env.REGISTRY_TABLE, rolloutId, { status: 'refused', detail });
  await appendAudit(env.AUDIT_TABLE, { who: servicePrincipal(STATE), what: STATE, result: 'refused', data: { rolloutId, detail } }, `${STATE}:${rolloutId}`);
  return { outcome: 'refused' };
});
