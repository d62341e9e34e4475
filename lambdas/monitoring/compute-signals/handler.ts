import { keys } from '../../../config/catalog/stores.ts';
import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { putSignals } from '../../adapters/metrics.ts';
import { requireVersion } from '../../adapters/model-version-store.ts';
import { noteMonitoringRun, requireMonitoringRun } from '../../adapters/monitoring-store.ts';
import { putObject } from '../../adapters/objects.ts';
import { listOutcomes, listPredictions } from '../../adapters/prediction-store.ts';
import { readReference } from '../../adapters/reference-cohort.ts';
import { requireRun } from '../../adapters/run-store.ts';
import { step } from '../../adapters/step.ts';
import { artifactOf, readTrainedModel } from '../../adapters/trained-model.ts';
import { versionOf } from '../../contracts/ids.ts';
import type { MonitoringRun } from '../../contracts/monitoring.ts';
import { settingsOf } from '../../domain/monitoring/settings.ts';
import { computeSignals } from '../../domain/monitoring/signals.ts';
import { featuresRead } from '../../domain/monitoring/trained-model.ts';
import type { Reference } from '../../domain/monitoring/watched.ts';
import { windowRows } from '../../domain/monitoring/window.ts';
import { requireModel } from '../../domain/training/models.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'watch:ComputeSignals';

/** The version's answers and outcomes of the window against the cohort that it learnt from. */
export const handler = step(Input, async ({ monitoringRunId }) => {
  const run = await requireMonitoringRun(env.MONITORING_TABLE, monitoringRunId);
  const { monitoring: settings } = settingsOf(run.model);
  const window = windowRows(
    versionOf(run.modelVersion),
    await listPredictions(env.MONITORING_TABLE, run.model, run.from, run.to),
    await listOutcomes(env.MONITORING_TABLE, run.model, run.from, run.to),
  );
  const counts = { predictions: window.length, outcomes: window.filter(({ observed }) => observed !== null).length };
  if (window.length < settings.minimum.predictions) {
    await noteMonitoringRun(env.MONITORING_TABLE, monitoringRunId, {
      ...counts,
      status: 'insufficient-data',
      detail: `${window.length} predictions of ${run.modelVersion} in the window; at least ${settings.minimum.predictions} are needed`,
    });
    await audited(run, { ...counts, outcome: 'insufficient-data' });
    return { outcome: 'insufficient-data' };
  }
  const { featureView } = requireModel(run.model);
  const { signals, notJudged } = computeSignals(featureView, settings, await referenceOf(run), window);
  const alarming = signals.filter((signal) => signal.alarming);
  const outcome = alarming.length > 0 ? 'drifted' : 'stable';
  const report = await putObject(
    { bucket: env.ARTIFACTS_BUCKET, key: keys.monitoringReport(monitoringRunId) },
    JSON.stringify({ ...run, status: outcome, ...counts, settings, signals, notJudged }, null, 1),
    'application/json',
  );
  await putSignals(run.model, signals);
  // a drifted run ends only when its alarms are raised
  await noteMonitoringRun(env.MONITORING_TABLE, monitoringRunId, { ...counts, signals, notJudged, report, status: outcome === 'stable' ? 'stable' : 'running' });
  await audited(run, { ...counts, outcome, alarming: alarming.map(({ name, statistic }) => `${name} ${statistic}`), report: report.sha256 });
  return { outcome };
});

const referenceOf = async ({ model, modelVersion }: MonitoringRun): Promise<Reference> => {
  const { artifacts, runId } = await requireVersion(env.REGISTRY_TABLE, model, versionOf(modelVersion));
  const { features } = await requireRun(env.REGISTRY_TABLE, runId);
  if (!features) throw new Error(`${runId} has no features`);
  const { featureView } = requireModel(model);
  const trained = await readTrainedModel(artifacts);
  return {
    rows: await readReference(featureView, features.table, artifactOf(artifacts, 'out_of_fold.parquet')),
    intervalLevel: trained.interval.level,
    read: featuresRead(trained, featureView),
  };
};

const audited = ({ monitoringRunId, modelVersion }: MonitoringRun, data: Record<string, unknown>): Promise<void> =>
  appendAudit(env.AUDIT_TABLE, { who: servicePrincipal(STATE), what: STATE, result: 'success', data: { monitoringRunId, modelVersion, ...data } }, `${STATE}:${monitoringRunId}`);
