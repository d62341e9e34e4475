import { auditChain, serve } from '../../adapters/api.ts';
import { requireVersion } from '../../adapters/model-version-store.ts';
import { getVerified } from '../../adapters/objects.ts';
import { getReview, listReviews } from '../../adapters/review-store.ts';
import { done, notFound } from '../../contracts/outcome.ts';
import { withDecision } from '../../domain/review/decision-notice.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);

export const handler = serve(
  {
    listReviews: async ({ query }) => done({ items: await listReviews(env.REGISTRY_TABLE, query.limit) }),

    getReview: async ({ params }) => {
      const review = await getReview(env.REGISTRY_TABLE, params.reviewId);
      if (!review) return notFound('review', params.reviewId);
      return done({ review, version: await requireVersion(env.REGISTRY_TABLE, review.subject.model, review.subject.version) });
    },

    getReviewPage: async ({ params, audit }) => {
      const review = await getReview(env.REGISTRY_TABLE, params.reviewId);
      if (!review?.dossier) return notFound('review', params.reviewId);
      Object.assign(audit, { dossier: review.dossier.sha256 });
      return done(withDecision((await getVerified(review.dossier)).toString('utf8'), review));
    },
  },
  auditChain(env.AUDIT_TABLE),
);
