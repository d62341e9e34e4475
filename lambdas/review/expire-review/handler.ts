import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { changeStage } from '../../adapters/model-version-store.ts';
import { publishRegistryEvent } from '../../adapters/registry-events.ts';
import { expireReview, requireReview } from '../../adapters/review-store.ts';
import { step } from '../../adapters/step.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import { stageChanged } from '../../domain/registry/own-changes.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'review:ExpireReview';

/**
 * Nobody decided in time: the version is a candidate again, neither approved nor rejected. A decision that came at the last moment counts:
 * its outcome is answered instead.
 */
export const handler = step(Input, async ({ reviewId }) => {
  await expireReview(env.REGISTRY_TABLE, reviewId, new Date().toISOString());
  const { status, subject } = await requireReview(env.REGISTRY_TABLE, reviewId);
  if (status !== 'expired') return { reviewId, outcome: status };
  const { model, version } = subject;
  await changeStage(env.REGISTRY_TABLE, { model, version, from: 'in-review', to: 'candidate', by: servicePrincipal(STATE).username, reason: `${reviewId} expired` });
  await appendAudit(
    env.AUDIT_TABLE,
    { who: servicePrincipal(STATE), what: STATE, result: 'success', data: { reviewId, modelVersion: modelVersionId(model, version) } },
    `${STATE}:${reviewId}`,
  );
  await publishRegistryEvent(env.REGISTRY_BUS, stageChanged(model, version, 'in-review', 'candidate'), `${STATE}:${reviewId}`);
  return { reviewId, outcome: status };
});
