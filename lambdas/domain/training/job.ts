import { keys } from '../../../config/catalog/stores.ts';
import type { Job, Run } from '../../contracts/run.ts';
import type { ModelDefinition } from './models.ts';

type Buckets = { lake: string; artifacts: string };
/** `image`: the digest that the job runs, where the platform starts it; `isolated`: the job has no connection, not even to the tracker. */
export type Setting = { image?: string | undefined; isolated: boolean };

/** The one input of both compute backends. Parameters are strings, as SageMaker passes them. */
export const jobOf = (kind: 'train' | 'evaluate', run: Run, model: ModelDefinition, cohortReference: string | null, buckets: Buckets, { image, isolated }: Setting): Job => {
  const { runId } = run;
  const features = `s3://${buckets.lake}/${keys.features(runId)}`;
  const parameters = { ...model.hyperparameters, ...run.hyperparameters, model: run.model, seed: run.seed, ...(cohortReference ? { cohort_reference: cohortReference } : {}) };
  return {
    id: `${runId.replace('_', '-')}-${kind}`,
    kind,
    inputs: kind === 'train' ? { features } : { features, model: trainingOf(run, buckets.artifacts) },
    output: `s3://${buckets.artifacts}/${kind === 'train' ? keys.runTraining(runId) : keys.runEvaluation(runId)}`,
    checkpoints: `s3://${buckets.artifacts}/${keys.runCheckpoints(runId)}${kind}/`,
    parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, String(value)])),
    environment: {
      ...tracked(run),
      PROBAND_DATASET_ID: run.datasetId,
      PROBAND_CONTEXT_OF_USE: run.contextOfUse,
      ...(image ? { PROBAND_IMAGE: image } : {}),
      ...(isolated ? { PROBAND_TRACKING: 'spool' } : {}),
    },
  };
};

/** Where a training's artefacts lie below the prefix that it was given: SageMaker adds folders of its own. */
export const trainingPrefix = (runId: string, output: string, artifacts: string): string => {
  const given = `s3://${artifacts}/${keys.runTraining(runId)}`;
  const found = output.endsWith('/') ? output : `${output}/`;
  if (!found.startsWith(given)) throw new Error(`the training's output ${output} does not lie below ${given}`);
  return found.slice(`s3://${artifacts}/`.length);
};

/**
 * Sends what jobs of the run recorded and could not send. After a fault it is another job than after the evaluation: SageMaker takes a name
 * once. `tracker`: its address for the platform's own role; '': the worker knows one.
 */
export const relayJobOf = (run: Run, after: 'evaluation' | 'fault', artifacts: string, tracker: string): Job => {
  const { runId } = run;
  const whole = `s3://${artifacts}/${keys.run(runId)}`;
  const below = (prefix: string) => prefix.slice(whole.length, -1);
  return {
    id: `${runId.replace('_', '-')}-relay${after === 'fault' ? '-fault' : ''}`,
    kind: 'relay',
    inputs: { checkpoints: `s3://${artifacts}/${keys.runCheckpoints(runId)}`, run: whole },
    output: `s3://${artifacts}/${keys.runRelay(runId)}`,
    checkpoints: `s3://${artifacts}/${keys.runCheckpoints(runId)}relay/`,
    parameters: { model: run.model, train: below(trainingOf(run, artifacts)), evaluate: below(`s3://${artifacts}/${keys.runEvaluation(runId)}`) },
    environment: { ...tracked(run), ...(tracker ? { MLFLOW_TRACKING_URI: tracker, MLFLOW_TRACKING_AUTH: 'aws-sigv4' } : {}) },
  };
};

const trainingOf = ({ runId, training }: Run, artifacts: string): string => training?.prefix ?? `s3://${artifacts}/${keys.runTraining(runId)}`;

/** How the run's tracked run is found. */
const tracked = ({ model, runId }: Run) => ({ MLFLOW_EXPERIMENT_NAME: model, PROBAND_RUN_ID: runId });
