import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Job, type Run } from '../../../lambdas/contracts/run.ts';
import { jobOf, relayJobOf, trainingPrefix } from '../../../lambdas/domain/training/job.ts';
import { requireModel } from '../../../lambdas/domain/training/models.ts';
import { isWaiting, lacking, trackingOf } from '../../../lambdas/domain/training/relay.ts';

const run = { runId: 'run_0000000001', model: 'warfarin', datasetId: 'ds_00000001', contextOfUse: 'dose-decision-support', seed: 1, hyperparameters: {} } as unknown as Run;
const trained = { ...run, training: { prefix: 's3://artifacts/runs/run_0000000001/train/job-0/output/model/' } } as unknown as Run;
const buckets = { lake: 'lake', artifacts: 'artifacts' };
const image = `repository@sha256:${'a'.repeat(64)}`;
const job = (kind: 'train' | 'evaluate', of: Run, setting = { isolated: false }) => Job.parse(jobOf(kind, of, requireModel('warfarin'), null, buckets, setting));

describe('a job', () => {
  it('is told its image and that it has no connection, where that is so', () => {
    const said = (setting: { isolated: boolean; image?: string }) => {
      const { PROBAND_IMAGE, PROBAND_TRACKING } = job('train', run, setting).environment!;
      return { PROBAND_IMAGE, PROBAND_TRACKING };
    };
    assert.deepEqual(said({ isolated: true, image }), { PROBAND_IMAGE: image, PROBAND_TRACKING: 'spool' });
    assert.deepEqual(said({ isolated: false }), { PROBAND_IMAGE: undefined, PROBAND_TRACKING: undefined });
  });

  it('evaluates what the training left, wherever the backend put it below its prefix', () => {
    assert.equal(job('evaluate', trained).inputs['model'], 's3://artifacts/runs/run_0000000001/train/job-0/output/model/');
    assert.equal(trainingPrefix(run.runId, 's3://artifacts/runs/run_0000000001/train/job-0/output/model', 'artifacts'), 'runs/run_0000000001/train/job-0/output/model/');
    assert.equal(trainingPrefix(run.runId, 's3://artifacts/runs/run_0000000001/train/', 'artifacts'), 'runs/run_0000000001/train/');
    for (const other of ['s3://artifacts/runs/run_0000000002/train/', 's3://others/runs/run_0000000001/train/', 's3://artifacts/runs/run_0000000001/training/'])
      assert.throws(() => trainingPrefix(run.runId, other, 'artifacts'), /does not lie below/);
  });
});

describe('the relay’s job', () => {
  it('finds both jobs’ records and outputs, and is another one after a fault', () => {
    const relay = Job.parse(relayJobOf(trained, 'evaluation', 'artifacts', 'https://api/mlflow-service/proband'));
    assert.deepEqual(relay.inputs, { checkpoints: 's3://artifacts/checkpoints/run_0000000001/', run: 's3://artifacts/runs/run_0000000001/' });
    assert.deepEqual(relay.parameters, { model: 'warfarin', train: 'train/job-0/output/model', evaluate: 'evaluate' });
    assert.deepEqual(relay.environment, {
      MLFLOW_EXPERIMENT_NAME: 'warfarin',
      PROBAND_RUN_ID: run.runId,
      MLFLOW_TRACKING_URI: 'https://api/mlflow-service/proband',
      MLFLOW_TRACKING_AUTH: 'aws-sigv4',
    });
    const afterFault = Job.parse(relayJobOf(run, 'fault', 'artifacts', ''));
    assert.notEqual(afterFault.id, relay.id);
    assert.equal(afterFault.parameters['train'], 'train');
    assert.deepEqual(Object.keys(afterFault.environment!), ['MLFLOW_EXPERIMENT_NAME', 'PROBAND_RUN_ID']);
  });
});

describe('what waits for the relay', () => {
  const report = (offset: number) => ({ train: { runId: 'a', records: 10, sent: 9, dropped: 1, reason: 'INVALID_PARAMETER_VALUE', offset } });

  it('is what neither the job nor an earlier turn has dealt with', () => {
    assert.equal(isWaiting([], null), false);
    assert.equal(isWaiting([{ kind: 'train', bytes: 500, sentTo: 500 }], null), false);
    assert.equal(isWaiting([{ kind: 'train', bytes: 500, sentTo: 0 }], null), true);
    assert.equal(isWaiting([{ kind: 'train', bytes: 500, sentTo: 0 }], report(500)), false);
    assert.equal(isWaiting([{ kind: 'train', bytes: 500, sentTo: 200 }], report(499)), true);
    assert.equal(
      isWaiting(
        [
          { kind: 'train', bytes: 500, sentTo: 500 },
          { kind: 'evaluate', bytes: 20, sentTo: 0 },
        ],
        report(500),
      ),
      true,
    );
  });

  it('is counted, after a fault as at least one', () => {
    assert.deepEqual(trackingOf(report(500)), { train: { runId: 'a', records: 10, sent: 9, dropped: 1, reason: 'INVALID_PARAMETER_VALUE' } });
    assert.equal(lacking(trackingOf(report(500))), 1);
    assert.deepEqual(trackingOf(null, 'JobFault'), { fault: 'JobFault' });
    assert.equal(lacking(trackingOf(null, 'JobFault')), 1);
    assert.equal(lacking(trackingOf({ train: { ...report(0).train, dropped: 0 } })), 0);
  });
});
