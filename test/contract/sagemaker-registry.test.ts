import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ModelVersion, Stage } from '../../lambdas/contracts/model-version.ts';
import { PYTHON, stopAll } from '../../local/cloud/processes.ts';
import { startTables } from './tables.ts';

type Sent = { operation: string; input: Record<string, unknown> };
type Answer = { status: number; body: Record<string, unknown> };

const TABLE = 'registry';
const GROUP = 'proband-test-models-warfarin';
const ARN = `arn:aws:sagemaker:eu-central-1:111122223333:model-package/${GROUP}/1`;
const MIRROR = { REGISTRY_TABLE: TABLE, NAME_PREFIX: 'proband-test-models', CONTAINER_IMAGE: '111122223333.dkr.ecr.eu-central-1.amazonaws.com/proband@sha256:abc' };
const sha = (digit: string) => digit.repeat(64);
const version = (stage: Stage, changes: Partial<ModelVersion> = {}): ModelVersion =>
  ({
    model: 'warfarin',
    version: 1,
    stage,
    createdAt: '2026-01-01T00:00:00.000Z',
    createdBy: 'ann',
    runId: 'run_00000001',
    datasetId: 'ds_00000001',
    contextOfUse: { name: 'dose-decision-support', riskTier: 'high', statement: 'Doses for adults, for a clinician to decide' },
    artifacts: { prefix: 's3://artifacts/runs/run_00000001/train/', files: [] },
    digests: { model: sha('a'), data: sha('b'), gates: sha('c'), contextOfUse: sha('d'), code: 'abc123', environment: 'local', featureView: sha('e') },
    ...changes,
  }) as unknown as ModelVersion;

/**
 * What SageMaker was recorded to answer, in its documentation and service description; nothing here runs on AWS. Requests are held against
 * the service description that AWS publishes with botocore.
 */
describe('the mirror in SageMaker Model Registry, by a recorded contract', { skip: existsSync(PYTHON) ? false : 'the local cloud is not installed (.venv)' }, () => {
  let server: Server;
  let mirrorVersion: typeof import('../../lambdas/adapters/sagemaker-registry.ts').mirrorVersion;
  const sent: Sent[] = [];
  const answers: Record<string, () => Answer> = {};
  const operations = (from = 0) => sent.slice(from).map(({ operation }) => operation);
  const recorded = () => {
    answers['CreateModelPackageGroup'] = () => ({ status: 200, body: { ModelPackageGroupArn: `arn:aws:sagemaker:eu-central-1:111122223333:model-package-group/${GROUP}` } });
    answers['CreateModelPackage'] = () => ({ status: 200, body: { ModelPackageArn: ARN } });
    answers['UpdateModelPackage'] = () => ({ status: 200, body: { ModelPackageArn: ARN } });
  };

  before(async () => {
    await startTables(TABLE);
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const operation = String(request.headers['x-amz-target']).replace('SageMaker.', '');
      sent.push({ operation, input: JSON.parse(Buffer.concat(chunks).toString('utf8')) });
      const { status, body } = answers[operation]!();
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    process.env['AWS_ENDPOINT_URL_SAGEMAKER'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    ({ mirrorVersion } = await import('../../lambdas/adapters/sagemaker-registry.ts'));
  });
  after(async () => {
    server.close();
    await stopAll();
  });

  it('makes group and package once, then says the stage that the version is in', async () => {
    recorded();
    assert.equal(await mirrorVersion(MIRROR, async () => version('in-review')), ARN);
    assert.deepEqual(operations(), ['CreateModelPackageGroup', 'CreateModelPackage', 'UpdateModelPackage']);
    assert.equal(sent[1]!.input['ModelApprovalStatus'], 'PendingManualApproval');
    const before = sent.length;
    assert.equal(await mirrorVersion(MIRROR, async () => version('approved')), ARN);
    assert.deepEqual(operations(before), ['UpdateModelPackage']);
    assert.deepEqual(sent.at(-1)!.input['ModelLifeCycle'], { Stage: 'approved', StageStatus: 'Approved' });
    await mirrorVersion(MIRROR, async () => version('rolled-back'));
    assert.equal(sent.at(-1)!.input['ModelApprovalStatus'], 'Rejected');
  });

  it('goes on where a group stands already, and makes one package though the answer to the first was lost', async () => {
    recorded();
    answers['CreateModelPackageGroup'] = () => ({ status: 400, body: { __type: 'ValidationException', message: `Model Package Group already exists: ${GROUP}` } });
    const second = (stage: Stage) => version(stage, { version: 2 });
    let lost = true;
    answers['UpdateModelPackage'] = () =>
      lost ? { status: 400, body: { __type: 'ConflictException', message: 'being changed' } } : { status: 200, body: { ModelPackageArn: ARN } };
    const from = sent.length;
    await assert.rejects(
      mirrorVersion(MIRROR, async () => second('candidate')),
      /being changed/,
    );
    lost = false;
    await mirrorVersion(MIRROR, async () => second('candidate'));
    assert.equal(operations(from).filter((operation) => operation === 'CreateModelPackage').length, 1, 'the package is known by then');
    const tokens = sent.filter(({ operation }) => operation === 'CreateModelPackage').map(({ input }) => input['ClientToken']);
    assert.equal(new Set(tokens).size, tokens.length, 'a token per version');
  });

  it('follows a version that moves meanwhile, and gives up aloud where it never stands still', async () => {
    recorded();
    const stages: Stage[] = ['approved', 'shadow', 'canary', 'canary'];
    await mirrorVersion(MIRROR, async () => version(stages.shift() ?? 'canary'));
    assert.deepEqual(sent.at(-1)!.input['ModelLifeCycle'], { Stage: 'canary', StageStatus: 'Approved' });
    let turn = 0;
    await assert.rejects(
      mirrorVersion(MIRROR, async () => version(turn++ % 2 ? 'canary' : 'shadow')),
      /moved 5 times/,
    );
  });

  it('hands on a refusal that is none of these, so that the event is tried again', async () => {
    recorded();
    answers['CreateModelPackageGroup'] = () => ({ status: 400, body: { __type: 'ResourceLimitExceeded', message: 'account limit' } });
    await assert.rejects(
      mirrorVersion(MIRROR, async () => version('candidate', { version: 3 })),
      /account limit/,
    );
  });

  it('sends nothing that SageMaker’s published service description refuses', () => {
    const { stdout, stderr } = spawnSync(PYTHON, [join(import.meta.dirname, 'sagemaker-contract.py')], { input: JSON.stringify(sent), encoding: 'utf8' });
    assert.deepEqual(JSON.parse(stdout || JSON.stringify([stderr])), []);
    assert.ok(sent.length > 10);
    const wrong = [{ operation: 'UpdateModelPackage', input: { ModelPackageArn: ARN, ModelApprovalStatus: 'Signed' } }];
    assert.match(spawnSync(PYTHON, [join(import.meta.dirname, 'sagemaker-contract.py')], { input: JSON.stringify(wrong), encoding: 'utf8' }).stdout, /Signed is none of/);
  });
});
