import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { deploy } from '../../adapters/deploy.ts';
import { getDeployment } from '../../adapters/deployment-store.ts';
import { publishRegistryEvent } from '../../adapters/registry-events.ts';
import { requireRollout, updateRollout } from '../../adapters/rollout-store.ts';
import { step } from '../../adapters/step.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import { rolloutChanged } from '../../domain/registry/own-changes.ts';
import { routingAtEnd } from '../../domain/serving/stages.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'rollout:CompleteRollout';

/** The version answers everybody, nothing is evaluated beside it, and the deployment is free for the next rollout. */
export const handler = step(Input, async ({ rolloutId }) => {
  const rollout = await requireRollout(env.REGISTRY_TABLE, rolloutId);
  const holds = (await getDeployment(env.REGISTRY_TABLE, rollout.model))?.rollout === rolloutId;
  if (holds) await deploy(env.REGISTRY_TABLE, rollout, routingAtEnd(rollout), 'release');
  await updateRollout(env.REGISTRY_TABLE, rolloutId, { status: 'completed' });
  const modelVersion = modelVersionId(rollout.model, rollout.version);
  await appendAudit(
    env.AUDIT_TABLE,
    { who: servicePrincipal(STATE), what: STATE, result: 'success', data: { rolloutId, modelVersion, previous: rollout.previous } },
    `${STATE}:${rolloutId}`,
  );
  await publishRegistryEvent(env.REGISTRY_BUS, rolloutChanged(rollout, 'completed'), `${STATE}:${rolloutId}`);
  return { outcome: 'completed' };
});
