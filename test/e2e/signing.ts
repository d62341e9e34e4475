import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { AdminAddUserToGroupCommand, CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type Client, ProblemError, clientOf } from '../../cli/client.ts';
import type { ModelVersion } from '../../lambdas/contracts/model-version.ts';
import type { Review } from '../../lambdas/contracts/review.ts';
import type { Rollout } from '../../lambdas/contracts/rollout.ts';
import { digestOf, sha256 } from '../../lambdas/domain/canonical-json.ts';
import { until } from '../../local/life/wait.ts';
import type { World } from './world.ts';

const MODEL = 'warfarin';

/** The message of the refusal; an answer instead is a failure. */
const refusalOf = async (asked: Promise<unknown>): Promise<{ status: number; detail: string }> => {
  try {
    await asked;
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  return assert.fail('was not refused');
};

const decide = (client: Client, reviewId: string, secondAuthentication: string) =>
  client('decideReview', {
    params: { reviewId },
    body: { decision: 'sign', printedName: 'Dr. Demo Clinician', meaning: 'I reviewed the evidence and approve this version.', secondAuthentication },
  });

/** Two candidates wait for a review by now: the retraining's, and the one that was trained under faults. */
export const signing = (world: () => World): void => {
  describe('signing and the deployment key', () => {
    let pending: Review[] = [];

    before(async () => {
      pending = (await world().as('clinician')('listReviews', {})).items.filter(({ status }) => status === 'pending');
      assert.ok(pending.length >= 2, `${pending.length} reviews are pending, two are needed`);
    });

    it('only a clinician signs', async () => {
      for (const role of ['ml-engineer', 'data-scientist', 'auditor'] as const) {
        const { idToken } = await world().cloud.people.signIn(role);
        const { status, detail } = await refusalOf(decide(world().as(role), pending[0]!.reviewId, idToken));
        assert.equal(status, 403, role);
        assert.match(detail, /decideReview is for clinician/);
      }
    });

    it('whoever trained does not sign, a clinician or not', async () => {
      const { cloud, output } = world();
      const { endpoint, env } = cloud.emulator;
      const cognito = new CognitoIdentityProviderClient({ endpoint, region: env['AWS_REGION']!, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
      const { username } = cloud.people.people['data-scientist'];
      const own = await reviewOfTrainer(world(), pending, username);
      await cognito.send(new AdminAddUserToGroupCommand({ UserPoolId: output('UserPoolId'), Username: username, GroupName: 'clinician' }));
      const session = await cloud.people.signIn('data-scientist');
      const { idToken } = await cloud.people.signIn('data-scientist');
      const { status, detail } = await refusalOf(
        decide(
          clientOf(cloud.apiUrl, () => session.accessToken),
          own.reviewId,
          idToken,
        ),
      );
      assert.equal(status, 403);
      assert.match(detail, new RegExp(`^${username} trained this version`));
    });

    it('a second authentication is the signer’s own, another sign-in than the session’s, and signs once', async () => {
      const { as, cloud } = world();
      const [first, second] = pending as [Review, Review];
      const session = await cloud.people.signIn('clinician');
      const inSession = clientOf(cloud.apiUrl, () => session.accessToken);
      const anothers = (await cloud.people.signIn('auditor')).idToken;
      for (const [token, why] of [
        ['not-a-token-but-long-enough', /not a token/],
        [session.accessToken, /another kind/],
        [session.idToken, /session itself/],
        [anothers, /another person/],
      ] as const) {
        const { status, detail } = await refusalOf(decide(inSession, first.reviewId, token));
        assert.equal(status, 403);
        assert.match(detail, why);
      }
      const { idToken } = await cloud.people.signIn('clinician');
      assert.equal((await decide(inSession, first.reviewId, idToken)).status, 'signed');
      const reused = await refusalOf(decide(inSession, second.reviewId, idToken));
      assert.equal(reused.status, 403);
      assert.match(reused.detail, /one signature a sign-in/);
      assert.equal((await as('clinician')('getReview', { params: { reviewId: second.reviewId } })).review.status, 'pending');
      const again = await refusalOf(decide(inSession, first.reviewId, (await cloud.people.signIn('clinician')).idToken));
      assert.equal(again.status, 409);
    });

    it('a version whose bytes or digests were changed after its signature is not deployed', async () => {
      const { as, states, dynamo, s3, output } = world();
      const version = await approved(world(), pending[0]!);
      const table = output('RegistryTableName');
      const deployed = await as('auditor')('getDeployment', { params: { model: MODEL } });
      const file = version.artifacts.files.find(({ path }) => path === 'dose.onnx')!;
      assert.ok(file, 'the version has a dose.onnx');

      const pinned = await bytesOf(world(), file);
      const forgedBytes = Buffer.concat([pinned, Buffer.from('forged')]);
      const { VersionId } = await s3.send(new PutObjectCommand({ Bucket: file.bucket, Key: file.key, Body: forgedBytes }));
      assert.equal(sha256(await bytesOf(world(), file)), file.sha256, 'the pinned version of the object is still what was signed');

      // the registry made to say that the forged object is the model: its digests agree with the bytes, the signature does not
      const key = { pk: `P#proband#MODEL#${MODEL}`, sk: `VERSION#${String(version.version).padStart(8, '0')}` };
      const { Item: item } = await dynamo.send(new GetCommand({ TableName: table, Key: key }));
      const files = (item as unknown as ModelVersion).artifacts.files.map((each) =>
        each.path === file.path ? { ...each, versionId: VersionId!, sha256: sha256(forgedBytes), bytes: forgedBytes.length } : each,
      );
      const digest = digestOf(files.map(({ path, sha256: hash }) => [path, hash]));
      await dynamo.send(
        new UpdateCommand({
          TableName: table,
          Key: key,
          UpdateExpression: 'SET artifacts.#f = :files, artifacts.digest = :digest, digests.model = :digest',
          ExpressionAttributeNames: { '#f': 'files' },
          ExpressionAttributeValues: { ':files': files, ':digest': digest },
        }),
      );
      const { status, detail } = await refusalOf(as('ml-engineer')('createRollout', { params: { model: MODEL }, body: { version: version.version } }));
      assert.equal(status, 403);
      assert.match(detail, /modelDigest/);

      // past the API: the machine itself, started on a rollout that nobody asked for
      const rollout: Rollout = {
        rolloutId: 'rol_forged00000000000000000001',
        model: MODEL,
        version: version.version,
        previous: deployed.production,
        status: 'running',
        stages: [],
        createdAt: new Date().toISOString(),
        createdBy: 'nobody',
      };
      await dynamo.send(new PutCommand({ TableName: table, Item: { pk: `ROLLOUT#${rollout.rolloutId}`, sk: 'ROLLOUT', ...rollout } }));
      const { executionArn } = await states.send(
        new StartExecutionCommand({ stateMachineArn: output('RolloutMachineArn'), input: JSON.stringify({ rolloutId: rollout.rolloutId }) }),
      );
      await until(
        'the forged rollout',
        async () => (await states.send(new DescribeExecutionCommand({ executionArn: executionArn! }))).status!,
        (found) => found !== 'RUNNING',
        { seconds: 60 },
      );
      const ended = await as('auditor')('getRollout', { params: { rolloutId: rollout.rolloutId } });
      assert.deepEqual([ended.status, ended.stages], ['refused', []]);
      assert.deepEqual(await as('auditor')('getDeployment', { params: { model: MODEL } }), deployed);
    });

    it('an answer is still the deployed version’s', async () => {
      const { as, report } = world();
      const prediction = await as('clinician')('createPrediction', {
        params: { model: MODEL },
        body: { subjectKey: 'after-the-forgery', features: { age_decade: 6, weight_kg: 80 } },
      });
      assert.equal(prediction.modelVersion, report.model!.id);
      assert.equal(prediction.modelDigest, report.model!.digest);
    });
  });
};

const reviewOfTrainer = async ({ as }: World, reviews: Review[], username: string): Promise<Review> => {
  for (const review of reviews) {
    if ((await as('auditor')('getRun', { params: { runId: review.runId } })).createdBy === username) return review;
  }
  return assert.fail(`no pending review is of a run of ${username}`);
};

const approved = ({ as }: World, { subject: { model, version } }: Review): Promise<ModelVersion> =>
  until(
    'approval',
    () => as('auditor')('getModelVersion', { params: { model, version } }),
    ({ stage }) => stage === 'approved',
    { seconds: 60 },
  );

const bytesOf = async ({ s3 }: World, { bucket, key, versionId }: { bucket: string; key: string; versionId: string }): Promise<Buffer> => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
  return Buffer.from(await Body!.transformToByteArray());
};
