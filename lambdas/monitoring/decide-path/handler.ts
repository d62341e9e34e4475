import { getAlarm } from '../../adapters/alarm-store.ts';
import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { getDataset, latestDataset } from '../../adapters/dataset-store.ts';
import { getDeployment } from '../../adapters/deployment-store.ts';
import { addEdges } from '../../adapters/lineage-store.ts';
import { startMachine } from '../../adapters/machines.ts';
import { requireVersion } from '../../adapters/model-version-store.ts';
import { createRetraining, getRetraining, listRetrainings } from '../../adapters/retraining-store.ts';
import { createRun, requireRun } from '../../adapters/run-store.ts';
import { step } from '../../adapters/step.ts';
import { readTrainedModel } from '../../adapters/trained-model.ts';
import type { Dataset } from '../../contracts/dataset.ts';
import type { Retraining } from '../../contracts/monitoring.ts';
import type { Run } from '../../contracts/run.ts';
import { type ChangeFacts, decidePath, retrainingIdOf } from '../../domain/monitoring/change-control.ts';
import { partsMadeBy, partsStanding } from '../../domain/monitoring/fixed-parts.ts';
import { settingsOf } from '../../domain/monitoring/settings.ts';
import { requireModel } from '../../domain/training/models.ts';
import { newRun } from '../../domain/training/new-run.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'retrain:DecidePath';
const EARLIER = 200;

/** Inside the change-control plan a run starts; outside, the request stays open for people. Twice is once: the ids are made of the alarm. */
export const handler = step(Input, async ({ alarmId }) => {
  const alarm = await getAlarm(env.MONITORING_TABLE, alarmId);
  if (!alarm?.model) throw new Error(`no alarm ${alarmId} of a model`);
  const { model } = alarm;
  const retrainingId = retrainingIdOf(alarmId);
  const standing = await getRetraining(env.MONITORING_TABLE, retrainingId);
  if (standing) return answerOf(standing);

  const now = new Date();
  const origin = await originOf(model);
  const newest = origin ? await latestDataset(env.LAKE_TABLE, origin.dataset.name) : null;
  const earlier = (await listRetrainings(env.MONITORING_TABLE, EARLIER)).filter((other) => other.model === model && other.retrainingId !== retrainingId);
  const decided = decidePath(alarm, settingsOf(model).plan, { production: origin?.facts ?? null, newest, earlier }, now);
  const retraining: Retraining = {
    retrainingId,
    model,
    alarmId,
    ...decided,
    createdAt: now.toISOString(),
    ...(decided.status === 'training' ? { runId: `run_${retrainingId.slice(4)}` } : {}),
  };
  if (retraining.runId) await startRun(retraining.runId, retrainingId, origin!.run, newest!, now);
  await createRetraining(env.MONITORING_TABLE, retraining);
  await addEdges(env.LINEAGE_TABLE, [{ from: alarmId, to: retrainingId, relation: 'asked for' }]);
  const { path, reasons, status, runId } = retraining;
  await appendAudit(
    env.AUDIT_TABLE,
    { who: servicePrincipal(STATE), what: STATE, result: runId ? 'success' : 'refused', data: { retrainingId, alarmId, path, status, reasons, ...(runId ? { runId } : {}) } },
    `${STATE}:${retrainingId}`,
  );
  return answerOf(retraining);
});

const answerOf = ({ retrainingId, runId, status }: Retraining): { retrainingId: string; runId: string; outcome: 'started' | 'not-started' } => ({
  retrainingId,
  runId: runId ?? '',
  outcome: runId && status === 'training' ? 'started' : 'not-started',
});

/** What made the version in production, or null where none is. */
const originOf = async (model: string): Promise<{ run: Run; dataset: Dataset; facts: ChangeFacts['production'] } | null> => {
  const production = (await getDeployment(env.REGISTRY_TABLE, model))?.production;
  if (!production) return null;
  const version = await requireVersion(env.REGISTRY_TABLE, model, production);
  const run = await requireRun(env.REGISTRY_TABLE, version.runId);
  const dataset = await getDataset(env.LAKE_TABLE, version.datasetId);
  if (!dataset) throw new Error(`no dataset ${version.datasetId}`);
  const definition = requireModel(model);
  const { hyperparameters } = await readTrainedModel(version.artifacts);
  return { run, dataset, facts: { data: dataset, madeBy: partsMadeBy(version, hyperparameters, definition), standing: partsStanding(version, run, definition) } };
};

/** The request of the run that made the version in production, on the newest data. */
const startRun = async (runId: string, retrainingId: string, { model, contextOfUse, seed, hyperparameters }: Run, { datasetId }: Dataset, now: Date): Promise<void> => {
  const run = newRun({ model, datasetId, contextOfUse, seed, hyperparameters }, { runId, now, createdBy: servicePrincipal(STATE).username, retrainingId });
  if (!run.ok) throw new Error(run.problem.detail);
  await createRun(env.REGISTRY_TABLE, run.value);
  await addEdges(env.LINEAGE_TABLE, [
    { from: retrainingId, to: runId, relation: 'started' },
    { from: datasetId, to: runId, relation: 'trained on' },
  ]);
  await startMachine(env.DEVELOP_MACHINE_ARN, runId, { runId });
};
