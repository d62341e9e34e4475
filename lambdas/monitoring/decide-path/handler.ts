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
import type { Retraining } from '../../contracts/monitoring.ts';
import { decidePath, retrainingIdOf } from '../../domain/monitoring/change-control.ts';
import { settingsOf } from '../../domain/monitoring/settings.ts';
import { newRun } from '../../domain/training/new-run.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'retrain:DecidePath';
const EARLIER = 100;

/** Inside the change-control plan a run starts; outside, the request stays open for people. Twice is once: the ids are made of the alarm. */
export const handler = step(Input, async ({ alarmId }) => {
  const alarm = await getAlarm(env.MONITORING_TABLE, alarmId);
  if (!alarm?.model) throw new Error(`no alarm ${alarmId} of a model`);
  const retrainingId = retrainingIdOf(alarmId);
  const standing = await getRetraining(env.MONITORING_TABLE, retrainingId);
  if (standing) return { retrainingId, path: standing.path, runId: standing.runId ?? '' };

  const production = (await getDeployment(env.REGISTRY_TABLE, alarm.model))?.production ?? null;
  const trained = production === null ? null : await requireRun(env.REGISTRY_TABLE, (await requireVersion(env.REGISTRY_TABLE, alarm.model, production)).runId);
  const dataset = trained ? await getDataset(env.LAKE_TABLE, trained.datasetId) : null;
  const newest = dataset ? await latestDataset(env.LAKE_TABLE, dataset.name) : null;
  const now = new Date();
  const decided = decidePath(alarm, settingsOf(alarm.model).plan, { trained, newestDatasetId: newest?.datasetId ?? null, earlier: await listRetrainings(env.MONITORING_TABLE, EARLIER) }, now);
  const runId = `run_${retrainingId.slice(4)}`;
  const inside = decided.path === 'inside-plan';
  if (inside) {
    const run = newRun({ model: alarm.model, datasetId: newest!.datasetId, contextOfUse: trained!.contextOfUse, seed: trained!.seed, hyperparameters: trained!.hyperparameters }, { runId, now, createdBy: STATE, retrainingId });
    if (!run.ok) throw new Error(run.problem.detail);
    await createRun(env.REGISTRY_TABLE, run.value);
    await startMachine(env.DEVELOP_MACHINE_ARN, runId, { runId });
  }
  const retraining: Retraining = { retrainingId, model: alarm.model, alarmId, ...decided, status: inside ? 'training' : 'open', createdAt: now.toISOString(), ...(inside ? { runId } : {}) };
  await createRetraining(env.MONITORING_TABLE, retraining);
  await addEdges(env.LINEAGE_TABLE, [{ from: alarmId, to: retrainingId, relation: 'asked for' }, ...(inside ? [{ from: retrainingId, to: runId, relation: 'started' }, { from: newest!.datasetId, to: runId, relation: 'trained on' }] : [])]);
  await appendAudit(env.AUDIT_TABLE, { who: servicePrincipal(STATE), what: STATE, result: inside ? 'success' : 'refused', data: { retrainingId, alarmId, path: decided.path, reasons: decided.reasons, ...(inside ? { runId } : {}) } }, `${STATE}:${retrainingId}`);
  return { retrainingId, path: decided.path, runId: inside ? runId : '' };
});
