import type { StageChange } from '../../contracts/model-version.ts';
import type { RegistryChange } from '../../contracts/registered-model.ts';

/** The version in production at a moment, from the history alone: the last one that entered and had not left. */
export const inProductionAt = (history: readonly StageChange[], at: string): number | null => {
  const moment = Date.parse(at);
  let standing: number | null = null;
  for (const change of [...history].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))) {
    if (Date.parse(change.at) > moment) break;
    if (change.to === 'production') standing = change.version;
    else if (change.from === 'production' && standing === change.version) standing = null;
  }
  return standing;
};

/**
 * What a registered model's versions were called, oldest first: what MLflow's clients did, and the stages of this installation's own life.
 * A change names the signature that its version had by then.
 */
export const modelHistory = (project: string, changes: readonly RegistryChange[], stages: readonly StageChange[]): RegistryChange[] => {
  const clinical = stages.map(
    ({ model, version, at, by, from, to, reason }): RegistryChange => ({ project, model, version, at, by, change: { kind: 'clinical-stage', from, to, reason } }),
  );
  const signed = stages.filter(({ signatureId, to }) => signatureId !== undefined && to === 'approved');
  const signatureBy = ({ version, at }: RegistryChange) => signed.findLast((stage) => stage.version === version && Date.parse(stage.at) <= Date.parse(at))?.signatureId;
  return [...changes, ...clinical]
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
    .map((change) => {
      const signatureId = change.signatureId ?? signatureBy(change);
      return signatureId ? { ...change, signatureId } : change;
    });
};
