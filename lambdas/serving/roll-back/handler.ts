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
    const move = async (moved: number, to: 'rolled-back' | 'production', why: string) => {
      const from = await moveVersion(env.REGISTRY_TABLE, { model, version: moved, to, by: servicePrincipal(STATE).username, reason: `${rolloutId} ${why}` });
      if (from) await tell(stageChanged(model, moved, from, to), modelVersionId(model, moved));
    };
    await deploy(env.REGISTRY_TABLE, rollout, routingBefore(rollout), 'keep');
    if (await isStaged(model, version, ['shadow', 'canary', 'production'])) await move(version, 'rolled-back', reason);
    if (previous !== null && (await isStaged(model, previous, ['superseded']))) await move(previous, 'production', 'rolled back');
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
