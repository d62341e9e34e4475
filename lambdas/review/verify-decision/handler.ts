import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { requireVersion } from '../../adapters/model-version-store.ts';
import { requireReview } from '../../adapters/review-store.ts';
import { recomputeSubject, verifySignature } from '../../adapters/signature.ts';
import { step } from '../../adapters/step.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'review:VerifySignature';

/** The signature must verify over the bytes as they are now; one that does not approves nothing. */
export const handler = step(Input, async ({ reviewId }) => {
  const { subject, signature } = await requireReview(env.REGISTRY_TABLE, reviewId);
  if (!signature) throw new Error(`${reviewId} has no signature`);
  const version = await requireVersion(env.REGISTRY_TABLE, subject.model, subject.version);
  const verified = await verifySignature(env.SIGNATURE_KEY_ID, signature, await recomputeSubject(version, env.LAKE_BUCKET));
  const detail = verified.ok ? '' : verified.problem.detail;
  await appendAudit(
    env.AUDIT_TABLE,
    {
      who: servicePrincipal(STATE),
      what: STATE,
      result: verified.ok ? 'success' : 'refused',
      data: { reviewId, signatureId: signature.signatureId, ...(detail ? { problem: detail } : {}) },
    },
    `${STATE}:${reviewId}`,
  );
  return { outcome: verified.ok ? 'verified' : 'refused', detail };
});
