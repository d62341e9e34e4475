import { collectArtifacts } from '../../adapters/artifacts.ts';
import { getDataset } from '../../adapters/dataset-store.ts';
import { noteRun, requireRun } from '../../adapters/run-store.ts';
import { step } from '../../adapters/step.ts';
import { jobOf, trainingPrefix } from '../../domain/training/job.ts';
import { requireModel } from '../../domain/training/models.ts';
import { cohortReference } from '../../domain/training/cohort-reference.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);

/** The Job of a compute state. Before the evaluation it pins what the training left. */
export const handler = step(Input, async (input) => {
  const { runId, kind, image } = input;
  if (kind === 'evaluate')
    await noteRun(env.REGISTRY_TABLE, runId, { training: await collectArtifacts(env.ARTIFACTS_BUCKET, trainingPrefix(runId, input.output, env.ARTIFACTS_BUCKET)) });
  const run = await requireRun(env.REGISTRY_TABLE, runId);
  const dataset = await getDataset(env.LAKE_TABLE, run.datasetId);
  await noteRun(env.REGISTRY_TABLE, runId, { step: kind === 'train' ? 'Train' : 'Evaluate' });
  const buckets = { lake: env.LAKE_BUCKET, artifacts: env.ARTIFACTS_BUCKET };
  return { job: jobOf(kind, run, requireModel(run.model), cohortReference(dataset?.ingests ?? []), buckets, { image, isolated: env.JOB_TRACKING === 'spool' }) };
});
