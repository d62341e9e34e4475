import { ulid } from 'ulid';
import { auditChain, serve } from '../../adapters/api.ts';
import { getDataset } from '../../adapters/dataset-store.ts';
import { jobProgress } from '../../adapters/job-progress.ts';
import { addEdges } from '../../adapters/lineage-store.ts';
import { startMachine } from '../../adapters/machines.ts';
import { createRun, getRun, listRuns } from '../../adapters/run-store.ts';
import { done, notFound } from '../../contracts/outcome.ts';
import { newRun } from '../../domain/training/new-run.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);

export const handler = serve(
  {
    createRun: async ({ body, caller, audit }) => {
      const dataset = await getDataset(env.LAKE_TABLE, body.datasetId);
      if (!dataset) return notFound('dataset', body.datasetId);
      const now = new Date();
      const run = newRun(body, { runId: `run_${ulid(now.getTime())}`, now, createdBy: caller.username });
      if (!run.ok) return run;
      const { runId, model, datasetId } = run.value;
      await createRun(env.REGISTRY_TABLE, run.value);
      await addEdges(env.LINEAGE_TABLE, [{ from: datasetId, to: runId, relation: 'trained on' }]);
      await startMachine(env.DEVELOP_MACHINE_ARN, runId, { runId });
      Object.assign(audit, { runId, model, datasetId });
      return done(run.value);
    },

    getRun: async ({ params }) => {
      const run = await getRun(env.REGISTRY_TABLE, params.runId);
      if (!run) return notFound('run', params.runId);
      if (run.status !== 'running') return done(run);
      const progress = await jobProgress(env.ARTIFACTS_BUCKET, run);
      return done(progress === null ? run : { ...run, progress });
    },

    listRuns: async ({ query }) => done({ items: await listRuns(env.REGISTRY_TABLE, query.limit) }),
  },
  auditChain(env.AUDIT_TABLE),
);
