import { answerTask } from '../../adapters/machines.ts';
import { getReview, putTaskToken } from '../../adapters/review-store.ts';
import { step } from '../../adapters/step.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);

/** Keeps the token that the decision answers. A review that was decided before the token came is answered at once. */
export const handler = step(Input, async ({ reviewId, taskToken }) => {
  await putTaskToken(env.REGISTRY_TABLE, reviewId, taskToken);
  const review = await getReview(env.REGISTRY_TABLE, reviewId);
  if (review && review.status !== 'pending') await answerTask(taskToken, { decision: review.status });
  return {};
});
