import * as z from 'zod';
import { keys } from '../../../config/catalog/stores.ts';
import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { getDeployment } from '../../adapters/deployment-store.ts';
import { putSignals } from '../../adapters/metrics.ts';
import { requireVersion } from '../../adapters/model-version-store.ts';
import { noteMonitoringRun, requireMonitoringRun } from '../../adapters/monitoring-store.ts';
import { getVerified, putObject } from '../../adapters/objects.ts';
import { listOutcomes, listPredictions } from '../../adapters/prediction-store.ts';
import { readReference } from '../../adapters/reference-cohort.ts';
import { requireRun } from '../../adapters/run-store.ts';
import { step } from '../../adapters/step.ts';
import { settingsOf } from '../../domain/monitoring/settings.ts';
import { computeSignals } from '../../domain/monitoring/signals.ts';
import { requireModel } from '../../domain/training/models.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'watch:ComputeSignals';
/** What monitoring needs of a run's metrics and of the container's model.json. */
const Metrics = z.object({ leaveOneSiteOut: z.object({ model: z.object({ maeMgPerWeek: z.number() }) }) });
const Trained = z.object({ interval_level: z.number().optional(), intervalLevel: z.number().optional() });

/** Predictions and outcomes of the window against the cohort that the version in production learnt from. */
export const handler = step(Input, async ({ monitoringRunId }) => {
  const run = await requireMonitoringRun(env.MONITORING_TABLE, monitoringRunId);
  const { monitoring } = settingsOf(run.model);
  const predictions = await listPredictions(env.MONITORING_TABLE, run.model, run.from, run.to);
  const outcomes = new Map((await listOutcomes(env.MONITORING_TABLE, run.model, run.from, run.to)).map((outcome) => [outcome.predictionId, outcome]));
  const counts = { predictions: predictions.length, outcomes: outcomes.size };
  if (predictions.length < monitoring.minimumPredictions) {
    await noteMonitoringRun(env.MONITORING_TABLE, monitoringRunId, { ...counts, status: 'insufficient-data', detail: `${predictions.length} predictions in the window; at least ${monitoring.minimumPredictions} are needed` });
    return { outcome: 'insufficient-data' };
  }
  const deployment = await getDeployment(env.REGISTRY_TABLE, run.model);
  const version = await requireVersion(env.REGISTRY_TABLE, run.model, deployment!.production!);
  const trained = await requireRun(env.REGISTRY_TABLE, version.runId);
  const { featureView } = requireModel(run.model);
  const modelFile = version.artifacts.files.find(({ path }) => path === 'model.json')!;
  const { interval_level, intervalLevel } = Trained.parse(JSON.parse((await getVerified(modelFile)).toString('utf8')));
  const reference = {
    rows: await readReference(featureView, trained.features!.table),
    maeMgPerWeek: Metrics.parse(trained.metrics).leaveOneSiteOut.model.maeMgPerWeek,
    intervalLevel: intervalLevel ?? interval_level ?? 0.9,
  };
  const window = predictions.map((prediction) => ({
    features: prediction.features,
    predicted: prediction.weeklyDoseMg,
    lower: prediction.lowerMgPerWeek,
    upper: prediction.upperMgPerWeek,
    latencyMs: prediction.latencyMs,
    observed: outcomes.get(prediction.predictionId)?.weeklyDoseMg ?? null,
  }));
  const signals = computeSignals(featureView, monitoring, reference, window);
  const alarming = signals.filter((signal) => signal.alarming);
  const report = await putObject({ bucket: env.ARTIFACTS_BUCKET, key: keys.monitoringReport(monitoringRunId) }, JSON.stringify({ ...run, ...counts, modelVersion: version.version, falseDiscoveryRate: monitoring.falseDiscoveryRate, signals }, null, 1), 'application/json');
  await putSignals(run.model, signals);
  const status = alarming.length > 0 ? 'drifted' : 'stable';
  await noteMonitoringRun(env.MONITORING_TABLE, monitoringRunId, { ...counts, signals, report, status: status === 'stable' ? 'stable' : 'running' });
  await appendAudit(env.AUDIT_TABLE, { who: servicePrincipal(STATE), what: STATE, result: 'success', data: { monitoringRunId, ...counts, status, alarming: alarming.map(({ name }) => name), report: report.sha256 } }, `${STATE}:${monitoringRunId}`);
  return { outcome: status };
});
