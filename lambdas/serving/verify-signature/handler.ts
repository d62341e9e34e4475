import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { signatureProblem } from '../../adapters/deployment-key.ts';
import { getDeployment } from '../../adapters/deployment-store.ts';
import { getVersion } from '../../adapters/model-version-store.ts';
import { requireRollout } from '../../adapters/rollout-store.ts';
import { step } from '../../adapters/step.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import { noOtherRollout, rolloutAllowed } from '../../domain/serving/deployable.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'rollout:VerifySignature';

/** The signature is the deployment key: it must verify over the bytes that are about to be deployed. */
export const handler = step(Input, async ({ rolloutId }) => {
  const { model, version } = await requireRollout(env.REGISTRY_TABLE, rolloutId);
  const problem = await findProblem(rolloutId, model, version);
  await appendAudit(
    env.AUDIT_TABLE,
    { who: servicePrincipal(STATE), what: STATE, result: problem ? 'refused' : 'success', data: { rolloutId, modelVersion: modelVersionId(model, version), ...(problem ? { problem } : {}) } },
    `${STATE}:${rolloutId}`,
  );
  return problem ? { outcome: 'refused', detail: problem } : { outcome: 'verified' };
});

const findProblem = async (rolloutId: string, model: string, version: number): Promise<string | null> => {
  const found = await getVersion(env.REGISTRY_TABLE, model, version);
  if (!found) return `no model version ${modelVersionId(model, version)}`;
  const allowed = rolloutAllowed(found);
  if (!allowed.ok) return allowed.problem.detail;
  const holder = (await getDeployment(env.REGISTRY_TABLE, model))?.rollout;
  const free = noOtherRollout(model, holder === rolloutId ? undefined : holder);
  if (!free.ok) return free.problem.detail;
  return signatureProblem(env.REGISTRY_TABLE, found);
};
