import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { addEdges } from '../../adapters/lineage-store.ts';
import { startMachine } from '../../adapters/machines.ts';
import { changeStage, requireVersion } from '../../adapters/model-version-store.ts';
import { createReview } from '../../adapters/review-store.ts';
import { recomputeSubject } from '../../adapters/signature.ts';
import { storeDossier } from '../../adapters/dossier.ts';
import { step } from '../../adapters/step.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import type { Review } from '../../contracts/review.ts';
import { digestOf } from '../../domain/canonical-json.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'review:OpenReview';

/** A candidate goes before a clinician: the review, its dossier and the machine that waits. Twice is once: the id is made of the version. */
export const handler = step(Input, async ({ runId, model, version }) => {
  const candidate = await requireVersion(env.REGISTRY_TABLE, model, version);
  const id = modelVersionId(model, version);
  const reviewId = `rev_${digestOf({ id, runId }).slice(0, 26)}`;
  const review: Review = { reviewId, runId, subject: await recomputeSubject(candidate), status: 'pending', openedAt: new Date().toISOString() };
  await storeDossier(review, candidate, env);
  await createReview(env.REGISTRY_TABLE, review);
  await changeStage(env.REGISTRY_TABLE, { model, version, from: 'candidate', to: 'in-review', by: STATE, reason: `opened ${reviewId}` });
  await addEdges(env.LINEAGE_TABLE, [{ from: id, to: reviewId, relation: 'reviewed in' }]);
  await appendAudit(env.AUDIT_TABLE, { who: servicePrincipal(STATE), what: STATE, result: 'success', data: { reviewId, modelVersion: id, subject: review.subject } }, `${STATE}:${reviewId}`);
  await startMachine(env.REVIEW_MACHINE_ARN, reviewId, { reviewId, model, version });
  return { reviewId };
});
