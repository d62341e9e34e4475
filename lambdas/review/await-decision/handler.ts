import { answerTask } from '../../adapters/machines.ts';
import { keepTaskToken, requireReview } from '../../adapters/review-store.ts';
import { step } from '../../adapters/step.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);

/**
 * Keeps the token by which the decision wakes the machine. The clinician may have decided before it was kept: then the machine is
 * answered here. The token is written before the review is read, and the decision before the token is read: one of the two sees both.
 */
export const handler = step(Input, async ({ reviewId, taskToken }) => {
  await keepTaskToken(env.REGISTRY_TABLE, reviewId, taskToken);
  const { status } = await requireReview(env.REGISTRY_TABLE, reviewId);
  if (status !== 'pending') await answerTask(taskToken, { reviewId, outcome: status });
  return { reviewId };
});
