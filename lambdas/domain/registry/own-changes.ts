import { HOME_PROJECT } from '../../contracts/project.ts';
import type { RegistryChange } from '../../contracts/registry-event.ts';
import type { Stage } from '../../contracts/model-version.ts';
import type { Rollout } from '../../contracts/rollout.ts';

/** What happens to the models that this installation trains, signs and serves, as it is told. */
export const stageChanged = (name: string, version: number, from: Stage, to: Stage): RegistryChange => ({
  project: HOME_PROJECT,
  type: 'model_version_stage.changed',
  data: { name, version: String(version), from_stage: from, to_stage: to },
});

export const versionSigned = (name: string, version: number, signatureId: string): RegistryChange => ({
  project: HOME_PROJECT,
  type: 'model_version_signature.created',
  data: { name, version: String(version), signature_id: signatureId },
});

export const rolloutChanged = ({ model, version, rolloutId }: Pick<Rollout, 'model' | 'version' | 'rolloutId'>, stage: string): RegistryChange => ({
  project: HOME_PROJECT,
  type: 'rollout.changed',
  data: { name: model, version: String(version), rollout_id: rolloutId, stage },
});

export const deprecationChanged = (name: string, version: number, deprecated: boolean, reason: string): RegistryChange => ({
  project: HOME_PROJECT,
  type: 'model_version_deprecation.changed',
  data: { name, version: String(version), deprecated, reason },
});
