import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { step } from '../../adapters/step.ts';
import { endTrial } from '../../adapters/trial-store.ts';
import { endingOf } from '../../domain/trials/ending.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'simulate:FailTrial';

/** Ends a trial that could not be simulated: refused where its input was at fault, else faulted. */
export const handler = step(Input, async ({ trialId, ...fault }) => {
  const ending = endingOf(fault);
  await appendAudit(
    env.AUDIT_TABLE,
    { who: servicePrincipal(STATE), what: STATE, result: ending.status === 'refused' ? 'refused' : 'fault', data: { trialId, ...ending } },
    `${STATE}:${trialId}`,
  );
  await endTrial(env.REGISTRY_TABLE, trialId, { ...ending, endedAt: new Date().toISOString() });
  return { outcome: ending.status };
});
