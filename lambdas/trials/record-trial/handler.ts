import { keys } from '../../../config/catalog/stores.ts';
import { collectArtifacts } from '../../adapters/artifacts.ts';
import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { addEdges } from '../../adapters/lineage-store.ts';
import { getVerifiedJson } from '../../adapters/objects.ts';
import { step } from '../../adapters/step.ts';
import { endTrial, requireTrial } from '../../adapters/trial-store.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import { TrialResult } from '../../domain/trials/result.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'simulate:RecordTrial';

/** Pins what the simulation left; its result must be one. */
export const handler = step(Input, async ({ trialId }) => {
  const trial = await requireTrial(env.REGISTRY_TABLE, trialId);
  const artifacts = await collectArtifacts(env.ARTIFACTS_BUCKET, keys.trial(trialId));
  const file = artifacts.files.find(({ path }) => path === 'result.json');
  if (!file) throw new Error(`${trialId} left no result.json`);
  const { arms } = TrialResult.parse(await getVerifiedJson(file));
  const modelVersion = modelVersionId(trial.model, trial.version);
  await addEdges(env.LINEAGE_TABLE, [
    { from: modelVersion, to: trialId, relation: 'simulated' },
    { from: trial.datasetId, to: trialId, relation: 'cohort-of' },
  ]);
  await appendAudit(
    env.AUDIT_TABLE,
    {
      who: servicePrincipal(STATE),
      what: STATE,
      result: 'success',
      data: { trialId, modelVersion, design: trial.design, seed: trial.seed, artifacts: artifacts.digest, arms: arms.map(({ name, n, ttrPercent }) => ({ name, n, ttrPercent })) },
    },
    `${STATE}:${trialId}`,
  );
  await endTrial(env.REGISTRY_TABLE, trialId, { status: 'completed', endedAt: new Date().toISOString(), artifacts });
  return { outcome: 'completed' };
});
