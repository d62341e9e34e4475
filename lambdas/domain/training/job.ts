import { keys } from '../../../config/catalog/stores.ts';
import type { Job, Run } from '../../contracts/run.ts';
import type { ModelDefinition } from './models.ts';

/** The one input of both compute backends. Parameters are strings, as SageMaker passes them. */
export const jobOf = (kind: 'train' | 'evaluate', run: Run, model: ModelDefinition, cohortReference: string | null, buckets: { lake: string; artifacts: string }): Job => {
  const { runId } = run;
  const features = `s3://${buckets.lake}/${keys.features(runId)}`;
  const training = `s3://${buckets.artifacts}/${keys.runTraining(runId)}`;
  const parameters = { ...model.hyperparameters, ...run.hyperparameters, model: run.model, seed: run.seed, ...(cohortReference ? { cohort_reference: cohortReference } : {}) };
  return {
    id: `${runId.replace('_', '-')}-${kind}`,
    kind,
    inputs: kind === 'train' ? { features } : { features, model: training },
    output: kind === 'train' ? training : `s3://${buckets.artifacts}/${keys.runEvaluation(runId)}`,
    checkpoints: `s3://${buckets.artifacts}/${keys.runCheckpoints(runId)}${kind}/`,
    parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, String(value)])),
    environment: {
      MLFLOW_EXPERIMENT_NAME: run.model,
      PROBAND_RUN_ID: runId,
      PROBAND_DATASET_ID: run.datasetId,
      PROBAND_CONTEXT_OF_USE: run.contextOfUse,
    },
  };
};
