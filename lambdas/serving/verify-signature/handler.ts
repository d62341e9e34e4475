import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { deploy } from '../../adapters/deploy.ts';
import { deploymentProblem } from '../../adapters/deployment-key.ts';
import { getDeployment } from '../../adapters/deployment-store.ts';
import { getVersion } from '../../adapters/model-version-store.ts';
import { requireRollout } from '../../adapters/rollout-store.ts';
import { step } from '../../adapters/step.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import type { Rollout } from '../../contracts/rollout.ts';
import { holdProblem, rolloutAllowed } from '../../domain/serving/deployable.ts';
import { routingBefore } from '../../domain/serving/stages.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'rollout:VerifySignature';

/** The signature is the deployment key: it must verify over the bytes that are about to be deployed. Then the rollout takes hold of the deployment. */
export const handler = step(Input, async ({ rolloutId }) => {
  const rollout = await requireRollout(env.REGISTRY_TABLE, rolloutId);
  const { model, version } = rollout;
  const problem = await findProblem(rollout);
  if (!problem) await deploy(env.REGISTRY_TABLE, rollout, routingBefore(rollout), 'keep');
  await appendAudit(
    env.AUDIT_TABLE,
    {
      who: servicePrincipal(STATE),
      what: STATE,
      result: problem ? 'refused' : 'success',
      data: { rolloutId, modelVersion: modelVersionId(model, version), ...(problem ? { problem } : {}) },
    },
    `${STATE}:${rolloutId}`,
  );
  return problem ? { outcome: 'refused', detail: problem } : { outcome: 'verified' };
});

const findProblem = async (rollout: Rollout): Promise<string | null> => {
  const { model, version } = rollout;
  const found = await getVersion(env.REGISTRY_TABLE, model, version);
  if (!found) return `no model version ${modelVersionId(model, version)}`;
  const allowed = rolloutAllowed(found);
  if (!allowed.ok) return allowed.problem.detail;
  return holdProblem(rollout, await getDeployment(env.REGISTRY_TABLE, model)) ?? (await deploymentProblem(env, found));
};
