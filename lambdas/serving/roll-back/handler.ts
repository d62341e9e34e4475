import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { deploy, moveVersion } from '../../adapters/deploy.ts';
import { getDeployment } from '../../adapters/deployment-store.ts';
import { requireVersion } from '../../adapters/model-version-store.ts';
import { publishRegistryEvent } from '../../adapters/registry-events.ts';
import { requireRollout, updateRollout } from '../../adapters/rollout-store.ts';
import { step } from '../../adapters/step.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import type { Stage } from '../../contracts/model-version.ts';
import type { RegistryChange } from '../../contracts/registry-event.ts';
import { rolloutChanged, stageChanged } from '../../domain/registry/own-changes.ts';
import { routingBefore } from '../../domain/serving/stages.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'rollout:RollBack';

/**
 * The former version answers again. A rollout that does not hold the deployment has changed nothing and changes nothing; the hold is
 * released when all is restored, so that a step that died half-way is done again.
 */
export const handler = step(Input, async ({ rolloutId, cause }) => {
  const rollout = await requireRollout(env.REGISTRY_TABLE, rolloutId);
  const { model, version, previous } = rollout;
  const reason = cause === 'fault' ? 'a step of the rollout failed' : (rollout.detail ?? 'a signal above its limit');
  const tell = (change: RegistryChange, which: string) => publishRegistryEvent(env.REGISTRY_BUS, change, `${STATE}:${rolloutId}:${which}`);
  const holds = (await getDeployment(env.REGISTRY_TABLE, model))?.rollout === rolloutId;
  if (holds) {
    const by = servicePrincipal(STATE).username;
    await deploy(env.REGISTRY_TABLE, rollout, routingBefore(rollout), 'keep');
    if (await isStaged(model, version, ['shadow', 'canary', 'production'])) {
      await moveVersion(env.REGISTRY_TABLE, { model, version, to: 'rolled-back', by, reason: `${rolloutId} ${reason}` });
      await tell(stageChanged(model, version, 'rolled-back'), 'version');
    }
    if (previous !== null && (await isStaged(model, previous, ['superseded']))) {
      await moveVersion(env.REGISTRY_TABLE, { model, version: previous, to: 'production', by, reason: `${rolloutId} rolled back` });
      await tell(stageChanged(model, previous, 'production'), 'previous');
    }
    await deploy(env.REGISTRY_TABLE, rollout, routingBefore(rollout), 'release');
  }
  await updateRollout(env.REGISTRY_TABLE, rolloutId, { status: cause === 'fault' ? 'faulted' : 'rolled-back', detail: reason });
  await appendAudit(
    env.AUDIT_TABLE,
    {
      who: servicePrincipal(STATE),
      what: STATE,
      result: cause === 'fault' ? 'fault' : 'success',
      data: { rolloutId, modelVersion: modelVersionId(model, version), restored: previous === null ? null : modelVersionId(model, previous), reason },
    },
    `${STATE}:${rolloutId}`,
  );
  await tell(rolloutChanged(rollout, 'rolled-back'), 'rollout');
  return { outcome: 'rolled-back' };
});

const isStaged = async (model: string, version: number, stages: readonly Stage[]): Promise<boolean> =>
  stages.includes((await requireVersion(env.REGISTRY_TABLE, model, version)).stage);
