import { keys } from '../../../config/catalog/stores.ts';
import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { getDataset } from '../../adapters/dataset-store.ts';
import { addEdges } from '../../adapters/lineage-store.ts';
import { noteVersion, registerVersion } from '../../adapters/model-version-store.ts';
import { getJson, getVerifiedJson, putObject, sizeOf } from '../../adapters/objects.ts';
import { noteRun, requireRun } from '../../adapters/run-store.ts';
import { step } from '../../adapters/step.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import type { Run } from '../../contracts/run.ts';
import { modelCard } from '../../domain/registry/model-card.ts';
import { Provenance, candidateOf } from '../../domain/training/candidate.ts';
import { requireModel } from '../../domain/training/models.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'develop:RegisterCandidate';

/** The run's artefacts and evidence become the model's next version, with its card. */
export const handler = step(Input, async ({ runId }) => {
  const run = await requireRun(env.REGISTRY_TABLE, runId);
  const model = requireModel(run.model);
  const dataset = await getDataset(env.LAKE_TABLE, run.datasetId);
  const modelFile = run.training?.files.find(({ path }) => path === 'model.json');
  const evaluationFile = run.evaluation?.files.find(({ path }) => path === 'evaluation.json');
  if (!dataset || !modelFile || !evaluationFile) throw new Error(`${runId} lacks its dataset, model.json or evaluation.json`);
  const trained = Provenance.parse(await getVerifiedJson(modelFile));
  const evaluation = (await getVerifiedJson(evaluationFile)) as Record<string, unknown>;

  const version = await registerVersion(env.REGISTRY_TABLE, candidateOf(run, dataset, model, trained, new Date().toISOString()), await trackedRun(run));
  const id = modelVersionId(version.model, version.version);
  const card = await putObject(
    { bucket: env.ARTIFACTS_BUCKET, key: keys.card(version.model, version.version) },
    modelCard(version, model, dataset, run, evaluation),
    'text/html; charset=utf-8',
  );
  await noteVersion(env.REGISTRY_TABLE, version.model, version.version, { card });
  await addEdges(env.LINEAGE_TABLE, [{ from: runId, to: id, relation: 'registered as' }]);
  await noteRun(env.REGISTRY_TABLE, runId, { step: 'RegisterCandidate', modelVersion: id });
  await appendAudit(
    env.AUDIT_TABLE,
    { who: servicePrincipal(STATE), what: STATE, result: 'success', data: { runId, modelVersion: id, digests: version.digests } },
    `${STATE}:${runId}`,
  );
  return { runId, model: version.model, version: version.version };
});

/** The run of the experiment tracker that the training recorded itself in, where it had one. */
const trackedRun = async ({ runId, tracking }: Run): Promise<string | undefined> => {
  if (tracking?.train?.runId) return tracking.train.runId;
  const manifest = { bucket: env.ARTIFACTS_BUCKET, key: `${keys.runTraining(runId)}manifest.json` };
  if ((await sizeOf(manifest)) === null) return undefined;
  return (await getJson<{ tracking?: { runId?: string | null } }>(manifest)).tracking?.runId ?? undefined;
};
