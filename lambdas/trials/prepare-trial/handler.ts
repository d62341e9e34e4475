import { requireVersion } from '../../adapters/model-version-store.ts';
import { step } from '../../adapters/step.ts';
import { requireTrial } from '../../adapters/trial-store.ts';
import { findDesign } from '../../domain/trials/designs.ts';
import { trialJob } from '../../domain/trials/job.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);

/** The Job of the compute backend. */
export const handler = step(Input, async ({ trialId }) => {
  const trial = await requireTrial(env.REGISTRY_TABLE, trialId);
  const design = findDesign(trial.design);
  if (!design) throw new Error(`no trial design ${trial.design}`);
  const version = await requireVersion(env.REGISTRY_TABLE, trial.model, trial.version);
  return { job: trialJob(trial, version, design, { lake: env.LAKE_BUCKET, artifacts: env.ARTIFACTS_BUCKET }) };
});
