import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { changeStage } from '../../adapters/model-version-store.ts';
import { publishRegistryEvent } from '../../adapters/registry-events.ts';
import { requireReview } from '../../adapters/review-store.ts';
import { step } from '../../adapters/step.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import { stageChanged } from '../../domain/registry/own-changes.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'review:RecordRejection';

/** The version is rejected: by the clinician, or because the signature does not verify over its bytes (`detail` says why). */
export const handler = step(Input, async ({ reviewId, detail }) => {
  const { subject, signature } = await requireReview(env.REGISTRY_TABLE, reviewId);
  if (!signature) throw new Error(`${reviewId} has no signature`);
  const { model, version } = subject;
  const refusal = detail ? { by: servicePrincipal(STATE).username, reason: `${reviewId} ${detail}` } : { by: signature.statement.username, reason: `${reviewId} rejected` };
  if (!(await changeStage(env.REGISTRY_TABLE, { model, version, from: 'in-review', to: 'rejected', ...refusal, signatureId: signature.signatureId }))) {
    throw new Error(`${modelVersionId(model, version)} is not in review`);
  }
  await appendAudit(
    env.AUDIT_TABLE,
    {
      who: servicePrincipal(STATE),
      what: STATE,
      result: 'success',
      data: { reviewId, signatureId: signature.signatureId, modelVersion: modelVersionId(model, version), ...(detail ? { problem: detail } : {}) },
    },
    `${STATE}:${reviewId}`,
  );
  await publishRegistryEvent(env.REGISTRY_BUS, stageChanged(model, version, 'in-review', 'rejected'), `${STATE}:${reviewId}`);
  return { outcome: 'rejected' };
});
