import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { changeStage, requireVersion } from '../../adapters/model-version-store.ts';
import { expireReview, getReview } from '../../adapters/review-store.ts';
import { signatureProblem } from '../../adapters/signature.ts';
import { step } from '../../adapters/step.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'review:RecordDecision';

/** What was decided moves the version on: approved only when the signature verifies over the recomputed bytes. */
export const handler = step(Input, async ({ reviewId, model, version, decision }) => {
  if (decision === 'expired') await expireReview(env.REGISTRY_TABLE, reviewId);
  const standing = await requireVersion(env.REGISTRY_TABLE, model, version);
  const problem = decision === 'signed' ? await signatureProblem(env.REGISTRY_TABLE, env.SIGNATURE_KEY_ID, standing) : `review ${decision}`;
  const review = await getReview(env.REGISTRY_TABLE, reviewId);
  const to = problem === null ? 'approved' : 'rejected';
  await changeStage(env.REGISTRY_TABLE, { model, version, from: 'in-review', to, by: review?.signature?.statement.username ?? STATE, reason: problem ?? `signed in ${reviewId}`, ...(review?.signature ? { signatureId: review.signature.signatureId } : {}) });
  await appendAudit(env.AUDIT_TABLE, { who: servicePrincipal(STATE), what: STATE, result: problem === null ? 'success' : 'refused', data: { reviewId, modelVersion: modelVersionId(model, version), decision, stage: to, ...(problem ? { problem } : {}) } }, `${STATE}:${reviewId}`);
  return { reviewId, stage: to };
});
