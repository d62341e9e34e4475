import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { getDataset } from '../../adapters/dataset-store.ts';
import { storeDossier } from '../../adapters/dossier.ts';
import { addEdges } from '../../adapters/lineage-store.ts';
import { startMachine } from '../../adapters/machines.ts';
import { changeStage, requireVersion } from '../../adapters/model-version-store.ts';
import { publishRegistryEvent } from '../../adapters/registry-events.ts';
import { getReview, openReview } from '../../adapters/review-store.ts';
import { requireRun } from '../../adapters/run-store.ts';
import { recomputeSubject } from '../../adapters/signature.ts';
import { step } from '../../adapters/step.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import type { Review } from '../../contracts/review.ts';
import { stageChanged } from '../../domain/registry/own-changes.ts';
import { differingMembers, registeredSubject, reviewIdOf } from '../../domain/review/subject.ts';
import { requireModel } from '../../domain/training/models.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'develop:OpenReview';
const DAY_MS = 86_400_000;

/** Opens the clinical review of a candidate: what is signed is recomputed from the bytes and must be what the registry says. */
export const handler = step(Input, async ({ runId, model, version: number }) => {
  const version = await requireVersion(env.REGISTRY_TABLE, model, number);
  const id = modelVersionId(model, number);
  const subject = await recomputeSubject(version, env.LAKE_BUCKET);
  const differing = differingMembers(subject, registeredSubject(version));
  if (differing.length > 0) throw new Error(`the bytes of ${id} are not those that were registered: ${differing.join(', ')}`);

  const reviewId = reviewIdOf(runId, subject);
  const now = new Date();
  const review: Review = {
    reviewId,
    runId,
    subject,
    status: 'pending',
    openedAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + env.REVIEW_EXPIRES_DAYS * DAY_MS).toISOString(),
  };
  if (!(await getReview(env.REGISTRY_TABLE, reviewId))) {
    const [run, dataset] = await Promise.all([requireRun(env.REGISTRY_TABLE, runId), getDataset(env.LAKE_TABLE, version.datasetId)]);
    if (!dataset) throw new Error(`no dataset ${version.datasetId}`);
    const page = await storeDossier(env.ARTIFACTS_BUCKET, { review, version, run, dataset, model: requireModel(model) });
    await openReview(env.REGISTRY_TABLE, { ...review, dossier: page });
  }
  await changeStage(env.REGISTRY_TABLE, { model, version: number, from: 'candidate', to: 'in-review', by: servicePrincipal(STATE).username, reason: reviewId });
  await addEdges(env.LINEAGE_TABLE, [{ from: id, to: reviewId, relation: 'reviewed in' }]);
  await startMachine(env.REVIEW_MACHINE_ARN, reviewId, { reviewId });
  await appendAudit(
    env.AUDIT_TABLE,
    { who: servicePrincipal(STATE), what: STATE, result: 'success', data: { reviewId, runId, modelVersion: id, subject } },
    `${STATE}:${reviewId}`,
  );
  await publishRegistryEvent(env.REGISTRY_BUS, stageChanged(model, number, 'candidate', 'in-review'), `${STATE}:${reviewId}`);
  return { reviewId };
});
