import { keys } from '../../../config/catalog/stores.ts';
import type { ModelVersion } from '../../contracts/model-version.ts';
import type { Job } from '../../contracts/run.ts';
import type { Trial } from '../../contracts/trial.ts';
import type { TrialDesign } from './designs.ts';

/** The simulation of the version on its run's cohort. Parameters are strings, as SageMaker passes them. */
export const trialJob = (
  trial: Trial,
  { runId, artifacts }: Pick<ModelVersion, 'runId'> & { artifacts: Pick<ModelVersion['artifacts'], 'prefix'> },
  design: TrialDesign,
  buckets: { lake: string; artifacts: string },
): Job => ({
  id: `${trial.trialId.replace('_', '-')}-simulate`,
  kind: 'simulate',
  inputs: { features: `s3://${buckets.lake}/${keys.features(runId)}`, model: artifacts.prefix },
  output: `s3://${buckets.artifacts}/${keys.trial(trial.trialId)}`,
  checkpoints: `s3://${buckets.artifacts}/checkpoints/${trial.trialId}/`,
  parameters: {
    model: trial.model,
    seed: String(trial.seed),
    design: JSON.stringify(design),
    ...(trial.patientsPerArm === undefined ? {} : { patientsPerArm: String(trial.patientsPerArm) }),
  },
});
