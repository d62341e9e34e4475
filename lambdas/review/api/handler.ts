import { keys } from '../../../config/catalog/stores.ts';
import { auditChain, serve } from '../../adapters/api.ts';
import { getVersion } from '../../adapters/model-version-store.ts';
import { getBytes } from '../../adapters/objects.ts';
import { getReview, listReviews } from '../../adapters/review-store.ts';
import { done, notFound } from '../../contracts/outcome.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);

export const handler = serve(
  {
    listReviews: async ({ query }) => done({ items: await listReviews(env.REGISTRY_TABLE, query.limit) }),

    getReview: async ({ params }) => {
      const review = await getReview(env.REGISTRY_TABLE, params.reviewId);
      if (!review) return notFound('review', params.reviewId);
      const version = await getVersion(env.REGISTRY_TABLE, review.subject.model, review.subject.version);
      return version ? done({ review, version }) : notFound('model version', `${review.subject.model}@${review.subject.version}`);
    },

    getReviewPage: async ({ params }) => {
      const review = await getReview(env.REGISTRY_TABLE, params.reviewId);
      if (!review) return notFound('review', params.reviewId);
      return done((await getBytes({ bucket: env.ARTIFACTS_BUCKET, key: keys.dossier(params.reviewId) })).toString('utf8'));
    },
  },
  auditChain(env.AUDIT_TABLE),
);
