import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { GetExecutionHistoryCommand, ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { METRICS, NAMESPACE } from '../../config/catalog/metrics.ts';
import { MLFLOW_SERVICE_ROOT } from '../../config/catalog/mlflow.ts';
import { keys } from '../../config/catalog/stores.ts';
import { HOME_PROJECT } from '../../lambdas/contracts/project.ts';
import { versionOf } from '../../lambdas/contracts/ids.ts';
import type { Run } from '../../lambdas/contracts/run.ts';
import { PYTHON, ROOT } from '../../local/cloud/processes.ts';
import { until } from '../../local/life/wait.ts';
import { type Disturbance, disturb } from './disturbance.ts';
import { changeVariables } from './function-variables.ts';
import type { World } from './world.ts';

const MINUTES = 12;
/** of the state machine, beside the relay's job */
const STEPS = ['training/prepare-relay', 'training/record-relay'];
/** of the container's own package */
const SOURCES = join(ROOT, 'containers', 'src');

type Held = {
  runs: Record<string, { metrics: Record<string, [number, number, string][]>; inputs: string[]; outputs: string[]; tags: Record<string, string>; status: string }>;
  artifacts: Record<string, string>;
  models: Record<string, { files: Record<string, string> }>;
};

/**
 * A training whose jobs have no connection, as on SageMaker: they record, and the state machine's relay sends. The life's own training, whose jobs
 * sent by themselves, stands beside it. `report`: of a life, or so much of one as a run.
 */
export const relay = (
  world: () => Pick<World, 'as' | 'cloud' | 'narrate' | 'output' | 's3' | 'scratch' | 'states'> & { report: { model?: { runId: string } | undefined } },
): void => {
  describe('a training without a connection', () => {
    let run: Run;
    let unreached: Run;
    let disturbance: Disturbance;
    let said: Record<'live' | 'liveRelayed' | 'byMachine' | 'byHand' | 'again', Held> & { left: number };

    before(
      async () => {
        const { as, cloud, narrate, output, scratch } = world();
        const trained = (title: string): Promise<Run> =>
          narrate.step(title, async (progress) => {
            const { runId } = await scientist('createRun', { body: { model: live.model, datasetId: live.datasetId, seed: live.seed, hyperparameters: live.hyperparameters } });
            return until(
              `run ${runId}`,
              () => scientist('getRun', { params: { runId } }),
              ({ status }) => status !== 'running',
              { seconds: 600, every: 1000, progress: ({ step }) => progress(step) },
            );
          });
        const scientist = as('data-scientist');
        const live = await scientist('getRun', { params: { runId: world().report.model!.runId } });
        const connect = await changeVariables(cloud.emulator.endpoint, 'training/prepare-job', () => ({ JOB_TRACKING: 'spool' }));
        try {
          disturbance = await disturb(cloud.emulator.endpoint, STEPS);
          run = await trained('a training without a connection').finally(() => disturbance.calm());
          // a worker takes no such variable of a message: the relay's job is refused
          const reach = await changeVariables(cloud.emulator.endpoint, 'training/prepare-relay', () => ({ TRACKER_URL: 'https://tracker.invalid/mlflow-service/proband' }));
          try {
            unreached = await trained('a training whose relay fails');
          } finally {
            await reach();
          }
        } finally {
          await connect();
        }
        const folder = mkdtempSync(join(scratch, 'tracked-'));
        const { stdout } = await promisify(execFile)(PYTHON, [join(import.meta.dirname, 'tracked-run.py')], {
          env: {
            ...process.env,
            PYTHONPATH: SOURCES,
            ORT_DISABLE_TELEMETRY: '1',
            HOME_URI: `${cloud.apiUrl}/mlflow/${HOME_PROJECT}`,
            FRESH_URI: `${cloud.apiUrl}/mlflow/relay-${Date.now()}`,
            SERVICE_URI: `${cloud.apiUrl}/${MLFLOW_SERVICE_ROOT}/${HOME_PROJECT}`,
            TOKEN: await cloud.people.token('ml-engineer'),
            ENDPOINT: cloud.emulator.endpoint,
            BUCKET: output('ArtifactsBucketName'),
            MODEL: run.model,
            LIVE: live.runId,
            RELAYED: run.runId,
            FOLDER: folder,
            HOME: folder,
          },
          maxBuffer: 1 << 28,
          timeout: MINUTES * 60_000,
        });
        said = JSON.parse(stdout.trim().split('\n').at(-1)!);
        rmSync(folder, { recursive: true, force: true });
      },
      { timeout: 2 * MINUTES * 60_000 },
    );

    it('sends nothing itself; the state machine’s relay sends everything before the version is registered', async () => {
      assert.equal(run.status, 'candidate', run.detail ?? run.step);
      for (const kind of ['train', 'evaluate'] as const) {
        const ofJob = await world().s3.send(new GetObjectCommand({ Bucket: world().output('ArtifactsBucketName'), Key: `${keys.runRecords(run.runId, kind)}report.json` }));
        const { records, sent } = JSON.parse(await ofJob.Body!.transformToString());
        assert.equal(sent, 0, `the ${kind} job sends nothing`);
        const { runId, ...counts } = run.tracking![kind]!;
        assert.deepEqual(counts, { records, sent: records, dropped: 0, reason: null });
        assert.match(runId!, /^[0-9a-f]{32}$/);
      }
      assert.deepEqual(await relayStates(run.runId), ['PrepareRelayAfterEvaluation', 'RelayAfterEvaluation', 'RecordRelayAfterEvaluation']);
      assert.deepEqual(await relayStates(world().report.model!.runId), ['PrepareRelayAfterEvaluation'], 'jobs that sent everything themselves need none');
    });

    /** The states that a run's execution entered, of the relay. */
    const relayStates = async (runId: string): Promise<string[]> => {
      const { executions } = await world().states.send(new ListExecutionsCommand({ stateMachineArn: world().output('DevelopMachineArn') }));
      const histories = await Promise.all(executions!.map(({ executionArn }) => world().states.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }))));
      return histories
        .filter(({ events }) => events!.some(({ executionStartedEventDetails: start }) => start?.input?.includes(runId)))
        .flatMap(({ events }) => events!.flatMap(({ stateEnteredEventDetails: entered }) => (entered && /Relay/.test(entered.name!) ? [entered.name!] : [])));
    };

    it('each of its steps failed twice, before and after its work', () => {
      for (const handler of STEPS) assert.deepEqual(disturbance.suffered(handler), { before: 1, after: 1 }, handler);
    });

    it('is the tracked run that its version came from', async () => {
      const answer = await fetch(`${world().cloud.apiUrl}/mlflow/${HOME_PROJECT}/api/2.0/mlflow/model-versions/get?name=${run.model}&version=${versionOf(run.modelVersion!)}`, {
        headers: { authorization: `Bearer ${await world().cloud.people.token('auditor')}` },
      });
      const { model_version: version } = (await answer.json()) as { model_version: { run_id: string } };
      assert.equal(version.run_id, run.tracking!.train!.runId);
    });

    it('holds in the tracker what a sender makes of its records: runs, parameters, every point, tags, inputs, files, models', () => {
      const { runs, artifacts, models } = said.byHand;
      assert.ok(Object.keys(runs).length > 10 && Object.keys(models).length === 2 && Object.keys(artifacts).length >= 7);
      assert.ok(Object.values(runs).every(({ status }) => status === 'FINISHED'));
      assert.ok(runs['run']!.inputs.length >= 2 && runs['run']!.outputs.length === 2 && Object.keys(runs['run']!.metrics).length > 10);
      assert.deepEqual(said.byMachine, said.byHand);
    });

    it('the life’s own training, relayed, killed in the middle and relayed again, is what its jobs sent as they ran', () => {
      assert.ok(said.left >= 1 && said.left <= Object.keys(said.live.runs).length);
      assert.deepEqual(said.liveRelayed, said.live);
    });

    it('relayed again by the platform’s own role, with signed requests, nothing is doubled', () => {
      assert.deepEqual(said.again, said.byMachine);
    });

    it('goes on where the relay fails: the version is registered, the run says what stopped the relay, and the alarm’s metric counts', async () => {
      assert.equal(unreached.status, 'candidate', unreached.detail ?? unreached.step);
      assert.match(unreached.tracking!.fault!, /^InvalidMessage$/);
      assert.deepEqual(await relayStates(unreached.runId), ['PrepareRelayAfterEvaluation', 'RelayAfterEvaluation', 'RecordFaultOfRelayAfterEvaluation']);
      const { endpoint, env } = world().cloud.emulator;
      const cloudwatch = new CloudWatchClient({ endpoint, region: env['AWS_REGION']!, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
      const { Datapoints: points } = await cloudwatch.send(
        new GetMetricStatisticsCommand({
          Namespace: NAMESPACE,
          MetricName: METRICS.unsentRecords,
          StartTime: new Date(unreached.createdAt),
          EndTime: new Date(Date.now() + 60_000),
          Period: 60,
          Statistics: ['Maximum'],
        }),
      );
      assert.equal(Math.max(...points!.map(({ Maximum }) => Maximum!)), 1);
    });

    it('that role may do what the relay needs, in the project of our own trainings, and nothing else', async () => {
      const call = (
        project: string,
        path: string,
        authorization = 'AWS4-HMAC-SHA256 Credential=test/20270101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=00',
      ) =>
        fetch(`${world().cloud.apiUrl}/${MLFLOW_SERVICE_ROOT}/${project}/api/2.0/mlflow/${path}`, {
          method: 'POST',
          body: '{}',
          headers: { authorization, 'content-type': 'application/json' },
        });
      assert.equal((await call(HOME_PROJECT, 'runs/search')).status, 200);
      for (const [project, path] of [
        [HOME_PROJECT, 'runs/delete'],
        [HOME_PROJECT, 'experiments/delete'],
        [`relay-other-${Date.now()}`, 'runs/search'],
      ] as const) {
        const { error_code: code } = (await (await call(project, path)).json()) as { error_code: string };
        assert.match(code, /PERMISSION_DENIED|RESOURCE_DOES_NOT_EXIST/, `${project} ${path}`);
      }
    });
  });
};
