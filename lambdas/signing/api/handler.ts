import { auditChain, serve } from '../../adapters/api.ts';
import { idTokenVerifier } from '../../adapters/identity-token.ts';
import { addEdges } from '../../adapters/lineage-store.ts';
import { answerTask } from '../../adapters/machines.ts';
import { requireVersion } from '../../adapters/model-version-store.ts';
import { decideReview, getReview, requireReview, taskTokenOf } from '../../adapters/review-store.ts';
import { requireRun } from '../../adapters/run-store.ts';
import { signStatement } from '../../adapters/signature.ts';
import { done, notFound, refused } from '../../contracts/outcome.ts';
import type { Review } from '../../contracts/review.ts';
import { independentOf, secondAuthentication, stillPending } from '../../domain/review/decision.ts';
import { statementOf } from '../../domain/review/statement.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);
const verifyIdToken = idTokenVerifier(env.USER_POOL_ID, env.USER_POOL_CLIENT_ID);

export const handler = serve(
  {
    decideReview: async ({ params: { reviewId }, body, caller, sessionId, audit }) => {
      const review = await getReview(env.REGISTRY_TABLE, reviewId);
      if (!review) return notFound('review', reviewId);
      // a call that died after its decision was written may have left the machine waiting
      await wake(review);
      const pending = stillPending(review);
      if (!pending.ok) return pending;
      const { model, version: number } = review.subject;
      const [version, run] = await Promise.all([requireVersion(env.REGISTRY_TABLE, model, number), requireRun(env.REGISTRY_TABLE, review.runId)]);
      const independent = independentOf([version.createdBy, run.createdBy], caller);
      if (!independent.ok) return independent;

      const idToken = await verifyIdToken(body.secondAuthentication);
      if (!idToken.ok) return idToken;
      const now = new Date();
      const second = secondAuthentication(idToken.value, caller, sessionId, now);
      if (!second.ok) return second;

      const statement = statementOf(review, body, caller, { signedAt: now.toISOString(), secondAuthenticationAt: new Date(second.value.authTime * 1000).toISOString() });
      const signature = await signStatement(env.SIGNATURE_KEY_ID, statement);
      const decided = await decideReview(env.REGISTRY_TABLE, reviewId, signature, second.value.signInId);
      const after = await requireReview(env.REGISTRY_TABLE, reviewId);
      if (decided === 'sign-in-used')
        return refused(403, 'Second authentication refused', 'secondAuthentication: a sign-in that made a signature before, allowed: one signature a sign-in');
      if (decided === 'not-pending') return refused(409, 'Review not pending', `${reviewId} is ${after.status}, allowed: pending`);
      await addEdges(env.LINEAGE_TABLE, [{ from: reviewId, to: signature.signatureId, relation: body.decision === 'sign' ? 'signed by' : 'rejected by' }]);
      Object.assign(audit, { decision: body.decision, signatureId: signature.signatureId, statementSha256: signature.statementSha256, model, version: number });
      await wake(after);
      return done(after);
    },
  },
  auditChain(env.AUDIT_TABLE),
);

/** Answers the waiting machine with the decision, where both are there. */
const wake = async ({ reviewId, status }: Review): Promise<void> => {
  if (status !== 'signed' && status !== 'rejected') return;
  const taskToken = await taskTokenOf(env.REGISTRY_TABLE, reviewId);
  if (taskToken) await answerTask(taskToken, { reviewId, outcome: status });
};
