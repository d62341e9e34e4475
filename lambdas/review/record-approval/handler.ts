import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { changeStage } from '../../adapters/model-version-store.ts';
import { publishRegistryEvent } from '../../adapters/registry-events.ts';
import { requireReview } from '../../adapters/review-store.ts';
import { step } from '../../adapters/step.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import { stageChanged, versionSigned } from '../../domain/registry/own-changes.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'review:RecordApproval';

/** The version is approved, by its signer and under the signature. */
export const handler = step(Input, async ({ reviewId }) => {
  const { subject, signature } = await requireReview(env.REGISTRY_TABLE, reviewId);
  if (!signature) throw new Error(`${reviewId} has no signature`);
  const { signatureId, statement } = signature;
  const { model, version } = subject;
  if (!(await changeStage(env.REGISTRY_TABLE, { model, version, from: 'in-review', to: 'approved', by: statement.username, reason: `${reviewId} signed`, signatureId }))) {
    throw new Error(`${modelVersionId(model, version)} is not in review`);
  }
  await appendAudit(
    env.AUDIT_TABLE,
    { who: servicePrincipal(STATE), what: STATE, result: 'success', data: { reviewId, signatureId, modelVersion: modelVersionId(model, version) } },
    `${STATE}:${reviewId}`,
  );
  await publishRegistryEvent(env.REGISTRY_BUS, versionSigned(model, version, signatureId), `${STATE}:${reviewId}:signature`);
  await publishRegistryEvent(env.REGISTRY_BUS, stageChanged(model, version, 'in-review', 'approved'), `${STATE}:${reviewId}:stage`);
  return { outcome: 'approved' };
});
