import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { deploy, moveVersion } from '../../adapters/deploy.ts';
import { addEdges } from '../../adapters/lineage-store.ts';
import { publishRegistryEvent } from '../../adapters/registry-events.ts';
import { requireRollout, updateRollout } from '../../adapters/rollout-store.ts';
import { step } from '../../adapters/step.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import type { RegistryChange } from '../../contracts/registry-event.ts';
import { rolloutChanged, stageChanged } from '../../domain/registry/own-changes.ts';
import { routingOf, startedStage, versionStageOf } from '../../domain/serving/stages.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'rollout:EnterStage';

/** Changes the deployment, then the versions' stages. Each write is a no-op where it was made before. */
export const handler = step(Input, async ({ rolloutId, stage }) => {
  const rollout = await requireRollout(env.REGISTRY_TABLE, rolloutId);
  const { model, version, previous } = rollout;
  const tell = (change: RegistryChange, which: string) => publishRegistryEvent(env.REGISTRY_BUS, change, `${STATE}:${rolloutId}:${stage}:${which}`);
  const routing = routingOf(stage, rollout);
  await deploy(env.REGISTRY_TABLE, rollout, routing, 'keep');
  const by = servicePrincipal(STATE).username;
  const reason = `${rolloutId} ${stage}`;
  const move = async (moved: number, to: Parameters<typeof moveVersion>[1]['to']) => {
    const from = await moveVersion(env.REGISTRY_TABLE, { model, version: moved, to, by, reason });
    if (from) await tell(stageChanged(model, moved, from, to), modelVersionId(model, moved));
  };
  await move(version, versionStageOf(stage));
  if (stage === 'production' && previous !== null) await move(previous, 'superseded');
  await updateRollout(env.REGISTRY_TABLE, rolloutId, { stages: startedStage(rollout.stages, stage, new Date().toISOString()) });
  await addEdges(env.LINEAGE_TABLE, [{ from: modelVersionId(model, version), to: rolloutId, relation: 'rolled-out' }]);
  await appendAudit(
    env.AUDIT_TABLE,
    { who: servicePrincipal(STATE), what: STATE, result: 'success', data: { rolloutId, stage, modelVersion: modelVersionId(model, version), ...routing } },
    `${STATE}:${rolloutId}:${stage}`,
  );
  await tell(rolloutChanged(rollout, stage), 'rollout');
  return { bakes: 0 };
});
