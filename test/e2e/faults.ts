import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DescribeExecutionCommand, ListExecutionsCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { makeDataset, rebuildDataset } from '../../cli/dataset-version.ts';
import { keys } from '../../config/catalog/stores.ts';
import type { AuditEvent } from '../../lambdas/contracts/audit.ts';
import { type Dataset, DatasetManifest } from '../../lambdas/contracts/dataset.ts';
import type { Run } from '../../lambdas/contracts/run.ts';
import type { Upload } from '../../lambdas/contracts/upload.ts';
import { ROOT } from '../../local/cloud/processes.ts';
import { startWorker } from '../../local/cloud/up.ts';
import { admitted, upload } from '../../local/life/data.ts';
import { until } from '../../local/life/wait.ts';
import { auditOf } from './audit.ts';
import { type Disturbance, disturb } from './disturbance.ts';
import { check } from './samples.ts';
import type { World } from './world.ts';

const INGEST = ['lake/describe-file', 'lake/normalise-file', 'lake/judge-reading', 'lake/curate-partition', 'lake/commit-ingest'];
const PIN = ['lake/pin-objects', 'lake/check-quality', 'lake/commit-dataset', 'lake/record-creation', 'lake/rebuild-dataset', 'lake/read-sample'];
const DEVELOP = ['training/build-features', 'training/prepare-job', 'training/decide-gates', 'training/register-candidate', 'review/open-review', 'training/record-ended'];
const byRead = (a: Upload['report'], b: Upload['report']) => a!.read - b!.read;
/** Another file by its hash, the same rows. */
const withBlankLine = (content: Buffer) => Buffer.concat([content, Buffer.from('\n')]);
/** The same of a bundle, or of a VCF, which may have no blank lines. */
const withComment = (content: Buffer) => (content[0] === 0x7b ? withBlankLine(content) : Buffer.from(content.toString('utf8').replace('\n', '\n##source=again\n')));

/**
 * The cohort comes a second time while everything that can fail does: what it becomes must equal what the undisturbed life made. The model
 * is trained with the life's seed and hyperparameters.
 */
export const faults = (world: () => World): void => {
  describe('faults', () => {
    let disturbance: Disturbance;
    let calmRun: Run;
    let calmDataset: Dataset;
    let uploads: Upload[] = [];
    let dataset: Dataset;
    let events: AuditEvent[] = [];

    before(async () => {
      const { as, report, cloud } = world();
      assert.ok(report.model, 'the undisturbed life made no model to compare with');
      calmRun = await as('data-scientist')('getRun', { params: { runId: report.model.runId } });
      calmDataset = await as('data-scientist')('getDataset', { params: { datasetId: report.dataset!.id } });
      disturbance = await disturb(cloud.emulator.endpoint, [...INGEST, ...PIN, ...DEVELOP]);
    });
    after(() => disturbance?.calm());

    it('ingest: each step fails before and after its work, and the same event is delivered three times', async () => {
      const { as, cohorts, narrate, output } = world();
      const scientist = as('data-scientist');
      const arn = output('IngestMachineArn');
      await narrate.step('ingest under faults', async (progress) => {
        const known = new Set((await executionsOf(world(), arn)).keys());
        const arriving = upload(scientist, withBlankLine(cohorts.development), cohorts.source, 'development', progress);
        const event = await eventOf(world(), arn, known);
        const second = await start(world(), arn, event);
        uploads = await Promise.all([arriving, upload(scientist, withBlankLine(cohorts.external!), cohorts.source, 'external', progress)]);
        for (const { source, content } of cohorts.others) uploads.push(await upload(scientist, withComment(content), source, 'development', progress));
        const third = await start(world(), arn, event);
        uploads.forEach(admitted);
        const statuses = await settled(world(), arn);
        for (const execution of [second, third]) assert.equal(statuses.get(execution), 'SUCCEEDED');
        assert.deepEqual(new Set([...statuses].filter(([execution]) => !known.has(execution)).map(([, status]) => status)), new Set(['SUCCEEDED']));
        dataset = await makeDataset(scientist, { name: 'disturbed-cohort', uploads: uploads.map(({ uploadId }) => uploadId) }, progress);
        assert.deepEqual((await rebuildDataset(scientist, dataset.datasetId, progress)).differences, []);
        const { checkId, status } = await check(scientist, [join(ROOT, 'local', 'cohort', 'hospital-107.vcf')], { source: 'synthetic-vcf' });
        assert.equal(status, 'read');
        // a version is there before its last step has failed behind its work
        await settled(world(), output('PinMachineArn'));
        await settled(world(), output('RebuildMachineArn'));
        await settled(world(), output('SampleMachineArn'));
        assert.equal((await auditOf(world())).filter(({ what, data }) => what === 'sample:ReadSample' && data['sampleId'] === checkId).length, 1);
      });
      for (const handler of INGEST) {
        const { before: failedBefore, after: failedAfter } = disturbance.suffered(handler);
        assert.ok(failedBefore >= 2 && failedAfter >= 2, `${handler} failed for ${failedBefore} events before and ${failedAfter} after its work, expected both files`);
      }
      for (const handler of PIN) {
        const { before: failedBefore, after: failedAfter } = disturbance.suffered(handler);
        assert.ok(failedBefore >= 1 && failedAfter >= 1, `${handler} failed for ${failedBefore} events before and ${failedAfter} after its work`);
      }
      const calmUploads = await Promise.all(world().report.ingest!.files.map(({ uploadId }) => scientist('getUpload', { params: { uploadId } })));
      assert.equal(calmUploads.length, uploads.length);
      assert.deepEqual(
        uploads.map(({ report }) => report).sort(byRead),
        // the lake held every one of these records before; a gene that the VCF does not cover says nothing of it
        calmUploads.map(({ report }) => ({ ...report!, superseded: report!.admitted - (report!.calls?.['no-call'] ?? 0) })).sort(byRead),
      );
      assert.equal(dataset.patients, calmDataset.patients);
    });

    it('ingest: nothing is doubled', async () => {
      events = await auditOf(world());
      for (const { uploadId, ingestId } of uploads) {
        const commits = events.filter(({ what, data }) => what === 'ingest:CommitIngest' && data['ingestId'] === ingestId);
        assert.equal(commits.length, 1, `${ingestId} was committed ${commits.length} times`);
        const { downstream } = await world().as('auditor')('getLineage', { params: { id: uploadId } });
        assert.equal(downstream.filter(({ from, to }) => from === uploadId && to === ingestId).length, 1);
        const objects = await objectsOf(world(), world().output('LakeBucketName'), 'omop/', `/${ingestId}.parquet`);
        assert.equal(new Set(objects).size, objects.length);
      }
      assert.deepEqual(await contentOf(world(), dataset), await contentOf(world(), calmDataset));
    });

    it('develop: each step fails twice and the worker is killed in mid-training; the model is the same to the byte', async () => {
      const { as, cloud, narrate, output } = world();
      const scientist = as('data-scientist');
      const artifacts = output('ArtifactsBucketName');
      const run = await narrate.step('training under faults', async (progress) => {
        const { runId } = await scientist('createRun', {
          body: { model: calmRun.model, datasetId: dataset.datasetId, seed: calmRun.seed, hyperparameters: calmRun.hyperparameters },
        });
        const training = () => scientist('getRun', { params: { runId } });
        const midway = await until(
          'a checkpoint of the training',
          async () => ({ run: await training(), checkpoints: await objectsOf(world(), artifacts, `${keys.runCheckpoints(runId)}train/`) }),
          (found) => (found.run.status !== 'running' || found.run.step !== 'Train' ? found.run.status !== 'running' : found.checkpoints.length > 0),
          { seconds: 300, every: 250, progress: ({ run: { step } }) => progress(step) },
        );
        assert.equal(midway.run.step, 'Train', `the run was at ${midway.run.step} (${midway.run.status}) before its training could be interrupted`);
        assert.deepEqual(await objectsOf(world(), artifacts, `${keys.runTraining(runId)}manifest.json`), [], 'the training ended before its worker could be killed');
        const killed = lastWorker(world());
        process.kill(killed, 'SIGKILL');
        progress(`worker ${killed} killed at ${Math.round(100 * (midway.run.progress ?? 0))} %`);
        startWorker(cloud.emulator, output('JobsQueueUrl'), world().scratch, cloud.tracker);
        return until(`run ${runId}`, training, ({ status }) => status !== 'running', { seconds: 900, every: 1000, progress: ({ step }) => progress(step) });
      });
      assert.equal(run.status, 'candidate', run.detail ?? run.step);
      await settled(world(), output('DevelopMachineArn'));
      for (const handler of DEVELOP) {
        const { before: failedBefore, after: failedAfter } = disturbance.suffered(handler);
        assert.ok(failedBefore >= 1 && failedAfter >= 1, `${handler} failed for ${failedBefore} events before and ${failedAfter} after its work`);
      }
      const restarts = workerSaid(world(), 'job started').filter(({ jobId }) => jobId === `${run.runId.replace('_', '-')}-train`);
      assert.equal(restarts.length, 2, 'the training was started twice');
      assert.equal(restarts[0]!['checkpointsRestored'], 0);
      assert.ok(Number(restarts[1]!['checkpointsRestored']) > 0, 'the second worker went on from a checkpoint');

      assert.equal(run.features!.table.sha256, calmRun.features!.table.sha256, 'the feature table');
      assert.deepEqual(run.split, calmRun.split);
      assert.equal(run.training!.digest, calmRun.training!.digest, 'the model');
      assert.deepEqual(run.gates, calmRun.gates);
      assert.deepEqual(run.metrics, calmRun.metrics);
    });

    it('develop: one version, one review, one audit event a step', async () => {
      const { as, report } = world();
      const run = (await as('auditor')('listRuns', { query: { limit: 200 } })).items.find(({ datasetId }) => datasetId === dataset.datasetId)!;
      const versions = (await as('auditor')('listModelVersions', { params: { model: run.model } })).items.filter(({ runId }) => runId === run.runId);
      assert.deepEqual(
        versions.map(({ digests }) => digests.model),
        [report.model!.digest],
      );
      assert.equal((await as('auditor')('listReviews', { query: { limit: 200 } })).items.filter(({ runId }) => runId === run.runId).length, 1);
      events = await auditOf(world());
      for (const state of ['BuildFeatures', 'DecideGates', 'RegisterCandidate']) {
        const said = events.filter(({ what, data }) => what === `develop:${state}` && data['runId'] === run.runId);
        assert.equal(said.length, 1, `develop:${state} stands ${said.length} times on the chain`);
      }
    });
  });
};

/** A machine's executions and their statuses. */
const executionsOf = async ({ states }: World, stateMachineArn: string): Promise<Map<string, string>> =>
  new Map(((await states.send(new ListExecutionsCommand({ stateMachineArn }))).executions ?? []).map(({ executionArn, status }) => [executionArn!, status!]));

/** The event that started the first execution that was not known. */
const eventOf = async (world: World, arn: string, known: ReadonlySet<string>): Promise<string> => {
  const execution = await until(
    'the ingest’s start',
    async () => [...(await executionsOf(world, arn)).keys()].find((found) => !known.has(found)),
    (found) => found !== undefined,
    { seconds: 60, every: 100 },
  );
  return (await world.states.send(new DescribeExecutionCommand({ executionArn: execution! }))).input!;
};

const start = async ({ states }: World, stateMachineArn: string, input: string): Promise<string> =>
  (await states.send(new StartExecutionCommand({ stateMachineArn, input }))).executionArn!;

/** What came of every execution, once none runs any more: a step that is tried again after its work outlives what it did. */
const settled = (world: World, arn: string): Promise<Map<string, string>> =>
  until(
    'the end of every execution',
    () => executionsOf(world, arn),
    (executions) => ![...executions.values()].includes('RUNNING'),
    { seconds: 120 },
  );

/** What a dataset version pins, by use, table and partition: rows and their bytes. */
const contentOf = async ({ s3 }: World, { manifest: { bucket, key, versionId } }: Dataset): Promise<string[]> => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
  const { objects } = DatasetManifest.parse(JSON.parse(await Body!.transformToString()));
  assert.ok(objects.length > 0);
  return objects.map(({ table, partition, use, rows, sha256 }) => `${use} ${table} ${partition}: ${rows} rows ${sha256}`).sort();
};

const objectsOf = async ({ s3 }: World, bucket: string, prefix: string, suffix = ''): Promise<string[]> => {
  const found: string[] = [];
  let token: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...(token ? { ContinuationToken: token } : {}) }));
    found.push(...(page.Contents ?? []).map(({ Key }) => Key!));
    token = page.NextContinuationToken;
  } while (token);
  return found.filter((key) => key.endsWith(suffix));
};

const workerSaid = (world: World, event: string): Record<string, unknown>[] =>
  world
    .log('worker')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((entry) => entry['event'] === event);

const lastWorker = (world: World): number => Number(workerSaid(world, 'worker started').at(-1)!['pid']);
