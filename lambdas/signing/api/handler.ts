import { ulid } from 'ulid';
import { auditChain, serve } from '../../adapters/api.ts';
import { verifyIdToken } from '../../adapters/identity-token.ts';
import { addEdges } from '../../adapters/lineage-store.ts';
import { answerTask } from '../../adapters/machines.ts';
import { getVersion } from '../../adapters/model-version-store.ts';
import { decideReview, getReview, getTaskToken } from '../../adapters/review-store.ts';
import { signStatement } from '../../adapters/signature.ts';
import { done, notFound, refused } from '../../contracts/outcome.ts';
import { mayDecide, statementOf } from '../../domain/review/decision.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);

/** The only function that may use the signature key. */
export const handler = serve(
  {
    decideReview: async ({ params, body, caller, sessionId, audit }) => {
      const review = await getReview(env.REGISTRY_TABLE, params.reviewId);
      if (!review) return notFound('review', params.reviewId);
      const { model, version } = review.subject;
      const reviewed = await getVersion(env.REGISTRY_TABLE, model, version);
      if (!reviewed) throw new Error(`${params.reviewId} reviews a version that is not there`);
      const second = await verifyIdToken(body.secondAuthentication, env.USER_POOL_ID, env.USER_POOL_CLIENT_ID);
      if (!second.ok) return second;
      const now = new Date();
      const may = mayDecide(review, reviewed, caller, second.value, sessionId, now);
      if (!may.ok) return may;
      const signature = await signStatement(env.SIGNATURE_KEY_ID, `sig_${ulid(now.getTime())}`, statementOf(review, body, caller, second.value, now));
      const decided = await decideReview(env.REGISTRY_TABLE, review, signature, second.value.sessionId);
      if (decided === 'authentication-used') return refused(403, 'Second authentication', 'this second authentication was used for a signature before; sign in again');
      if (decided === 'not-pending') return refused(409, 'Review is decided', `review ${params.reviewId} was decided a moment ago`);
      await addEdges(env.LINEAGE_TABLE, [{ from: params.reviewId, to: signature.signatureId, relation: body.decision === 'sign' ? 'signed as' : 'rejected as' }]);
      const token = await getTaskToken(env.REGISTRY_TABLE, params.reviewId);
      const status = body.decision === 'sign' ? 'signed' : 'rejected';
      if (token) await answerTask(token, { decision: status });
      Object.assign(audit, { decision: body.decision, signatureId: signature.signatureId, statementSha256: signature.statementSha256, model, version });
      return done({ ...review, status, decidedAt: signature.statement.signedAt, signature });
    },
  },
  auditChain(env.AUDIT_TABLE),
);
