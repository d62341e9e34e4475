import { keys } from '../../../config/catalog/stores.ts';
import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { getDataset } from '../../adapters/dataset-store.ts';
import { readCohort, writeFeatureTable } from '../../adapters/feature-table.ts';
import { putObject } from '../../adapters/objects.ts';
import { noteRun, requireRun } from '../../adapters/run-store.ts';
import { step } from '../../adapters/step.ts';
import { digestOf } from '../../domain/canonical-json.ts';
import { viewDocument } from '../../domain/training/cohort.ts';
import { findLeakage } from '../../domain/training/leakage.ts';
import { requireModel } from '../../domain/training/models.ts';
import { splitCohort, summarise } from '../../domain/training/split.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'develop:BuildFeatures';

/** The dataset's pinned objects → cohort, split, leakage findings, feature table. A leak is an outcome: `blocked`. */
export const handler = step(Input, async ({ runId }) => {
  await noteRun(env.REGISTRY_TABLE, runId, { step: 'BuildFeatures' });
  const run = await requireRun(env.REGISTRY_TABLE, runId);
  const { featureView: view } = requireModel(run.model);
  const dataset = await getDataset(env.LAKE_TABLE, run.datasetId);
  if (!dataset) throw new Error(`no dataset ${run.datasetId}`);

  const { cohort, usesOf } = await readCohort(view, dataset.manifest);
  const { rows, how } = splitCohort(cohort.rows);
  const split = summarise(rows, cohort.excluded, how);
  const leakage = findLeakage(
    view,
    rows.map((row) => ({ ...row, useByFile: usesOf(row.personId) })),
  );
  const blocked = leakage.some(({ outcome }) => outcome === 'fail') || split.train === 0;

  const evidence = await putObject(
    { bucket: env.ARTIFACTS_BUCKET, key: `runs/${runId}/leakage.json` },
    JSON.stringify({ runId, datasetId: run.datasetId, split, findings: leakage }, null, 1),
    'application/json',
  );
  const document = viewDocument(view);
  const prefix = keys.features(runId);
  const table = await writeFeatureTable(view, rows, { bucket: env.LAKE_BUCKET, key: `${prefix}features.parquet` });
  const viewObject = await putObject({ bucket: env.LAKE_BUCKET, key: `${prefix}view.json` }, JSON.stringify(document, null, 1), 'application/json');
  await noteRun(env.REGISTRY_TABLE, runId, { split, leakage, leakageEvidence: evidence, features: { table, view: viewObject, viewDigest: digestOf(view) } });
  await appendAudit(
    env.AUDIT_TABLE,
    {
      who: servicePrincipal(STATE),
      what: STATE,
      result: blocked ? 'refused' : 'success',
      data: {
        runId,
        datasetId: run.datasetId,
        features: table.sha256,
        train: split.train,
        validation: split.validation,
        external: split.external,
        leaks: leakage.filter(({ outcome }) => outcome === 'fail').map(({ check }) => check),
      },
    },
    `${STATE}:${runId}`,
  );
  return {
    outcome: blocked ? 'blocked' : 'clear',
    detail: blocked
      ? leakage
          .filter(({ outcome }) => outcome === 'fail')
          .map(({ detail }) => detail)
          .join('; ') || 'the cohort has no patient to train on'
      : '',
  };
});
