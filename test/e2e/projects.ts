import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { ProblemError } from '../../cli/client.ts';
import { importProject } from '../../cli/registry/import.ts';
import { type Mlflow, MlflowRefusal, mlflowAt } from '../../cli/registry/mlflow.ts';
import { openArchive } from '../../cli/registry/read-archive.ts';
import { serverSource } from '../../cli/registry/server.ts';
import { type Run, tagsOf } from '../../cli/registry/source.ts';
import { exportProject } from '../../cli/registry/write-archive.ts';
import type { Role } from '../../lambdas/contracts/principal.ts';
import type { World } from './world.ts';

const API = 'api/2.0/mlflow';
/** more than the artifact proxy takes in one piece: it goes in parts */
const LARGE = Buffer.alloc(9_000_000, 'artifact ');
const quiet = () => undefined;

export type Housed = Pick<World, 'cloud' | 'as' | 'scratch'>;

/** Projects of a local cloud: who reaches which, credentials for one, and one carried into another. */
export const projects = (world: () => Housed): void => {
  describe('projects', () => {
    const [closed, copy] = ['closed', 'copy'].map((name) => `${name}-${Date.now()}`) as [string, string];
    let runId = '';
    const tracking = async (project: string, role: Role): Promise<Mlflow> => {
      const token = await world().cloud.people.token(role);
      return mlflowAt(`${world().cloud.apiUrl}/mlflow/${project}`, () => `Bearer ${token}`);
    };
    const problem = (status: number) => (error: Error) => error instanceof ProblemError && error.problem.status === status;
    const denied = (error: Error) => error instanceof MlflowRefusal && error.code === 'PERMISSION_DENIED' && error.status === 403;

    it('let vanish what their rules say, and nothing that a version needs', async () => {
      const project = `retention-${Date.now()}`;
      const ann = world().as('data-scientist');
      await ann('createProject', { body: { project, production: 'open' } });
      const own = await tracking(project, 'data-scientist');
      const run = async (files: boolean): Promise<string> => {
        const { info } = (await own.send<{ run: Run }>('POST', `${API}/runs/create`, { experiment_id: '0', start_time: 1, tags: [] })).run;
        await own.send('POST', `${API}/runs/log-batch`, {
          run_id: info.run_id,
          metrics: Array.from({ length: 600 }, (_, step) => ({ key: 'loss', value: step, timestamp: step, step })),
          params: [],
          tags: [],
        });
        await own.send('POST', `${API}/runs/update`, { run_id: info.run_id, status: 'FINISHED', end_time: 2 });
        if (files) await own.put(`api/2.0/mlflow-artifacts/artifacts/0/${info.run_id}/artifacts/note.txt`, Buffer.from('a note'));
        return info.run_id;
      };
      const [plain, source] = [await run(true), await run(false)];
      await own.send('POST', `${API}/registered-models/create`, { name: 'kept' });
      await own.send('POST', `${API}/model-versions/create`, { name: 'kept', source: `mlflow-artifacts:/0/${source}/artifacts`, run_id: source });
      const apply = (dryRun: boolean) => ann('applyRetention', { params: { project }, body: { dryRun } });
      assert.deepEqual(await apply(false), { project, dryRun: false, deleted: [], removed: [], kept: [], more: false }, 'without a rule nothing vanishes');

      await ann('updateProject', { params: { project }, body: { retention: { endedRunsDays: 0, deletedRunsDays: 0 } } });
      const kept = [{ runId: source, neededBy: 'kept@1' }];
      assert.deepEqual(await apply(true), { project, dryRun: true, deleted: [plain], removed: [], kept, more: false });
      assert.equal((await own.get<{ run: Run }>(`${API}/runs/get`, { run_id: plain })).run.info.lifecycle_stage, 'active', 'a dry run changes nothing');
      assert.deepEqual(await apply(false), { project, dryRun: false, deleted: [plain], removed: [], kept, more: false });
      assert.equal((await own.get<{ run: Run }>(`${API}/runs/get`, { run_id: plain })).run.info.lifecycle_stage, 'deleted', 'and could be restored');
      assert.deepEqual(await apply(false), { project, dryRun: false, deleted: [], removed: [plain], kept, more: false });
      const gone = (error: Error) => error instanceof MlflowRefusal && error.code === 'RESOURCE_DOES_NOT_EXIST';
      await assert.rejects(own.get(`${API}/runs/get`, { run_id: plain }), gone);
      await assert.rejects(own.send('POST', `${API}/runs/restore`, { run_id: plain }), gone);
      await assert.rejects(own.download(`api/2.0/mlflow-artifacts/artifacts/0/${plain}/artifacts/note.txt`), gone);
      const { runs } = await own.send<{ runs: Run[] }>('POST', `${API}/runs/search`, { experiment_ids: ['0'], run_view_type: 'ALL' });
      assert.deepEqual(
        runs.map(({ info }) => info.run_id),
        [source],
      );
      await assert.rejects(world().as('auditor')('applyRetention', { params: { project }, body: {} }), problem(403));
    });

    it('for members are closed to everybody else, by both faces', async () => {
      const [ann, bob] = [world().as('data-scientist'), world().as('ml-engineer')];
      await ann('createProject', { body: { project: closed, access: 'members', production: 'open' } });
      await assert.rejects(ann('createProject', { body: { project: closed } }), problem(409));
      const own = await tracking(closed, 'data-scientist');
      runId = (await own.send<{ run: Run }>('POST', `${API}/runs/create`, { experiment_id: '0', start_time: 1, tags: [] })).run.info.run_id;
      await assert.rejects(bob('getProject', { params: { project: closed } }), problem(403));
      const seen = async (client: typeof ann) => (await client('listProjects', { query: { limit: 1000 } })).items.some(({ project }) => project === closed);
      assert.deepEqual([await seen(ann), await seen(bob), await seen(world().as('auditor'))], [true, false, true]);
      await assert.rejects(bob('createArtifactCredentials', { params: { project: closed }, body: {} }), problem(403));
      await assert.rejects(bob('updateProject', { params: { project: closed }, body: { members: { 'demo-ml-engineer': ['ml-engineer'] } } }), problem(403));
      const other = await tracking(closed, 'ml-engineer');
      await assert.rejects(other.get(`${API}/runs/get`, { run_id: runId }), denied);
      await assert.rejects(other.send('POST', `${API}/runs/search`, { experiment_ids: ['0'] }), denied);
      await assert.rejects(other.get(`${API}/artifacts/list`, { run_id: runId }), denied);
      // nor by way of a project of their own
      const elsewhere = await tracking('open-to-all', 'ml-engineer');
      await assert.rejects(elsewhere.get(`${API}/runs/get`, { run_id: runId }), (error: Error) => error instanceof MlflowRefusal && error.code === 'RESOURCE_DOES_NOT_EXIST');
    });

    it('open to a member within seconds, and keep their Production signed once they have a model', async () => {
      const ann = world().as('data-scientist');
      const { members } = await ann('updateProject', { params: { project: closed }, body: { members: { 'demo-ml-engineer': ['ml-engineer'] } } });
      assert.deepEqual(members, { 'demo-data-scientist': ['data-scientist'], 'demo-ml-engineer': ['ml-engineer'] });
      // a warm function keeps what it read for five seconds
      await new Promise((resolve) => setTimeout(resolve, 5500));
      const other = await tracking(closed, 'ml-engineer');
      assert.equal((await other.get<{ run: Run }>(`${API}/runs/get`, { run_id: runId })).run.info.run_id, runId);
      await other.send('POST', `${API}/registered-models/create`, { name: 'dose' });
      await ann('updateProject', { params: { project: closed }, body: { production: 'signed' } });
      await assert.rejects(ann('updateProject', { params: { project: closed }, body: { production: 'open' } }), problem(409));
    });

    it('hand out credentials for their artifacts, which S3 takes', async () => {
      const { cloud, as } = world();
      const given = await as('data-scientist')('createArtifactCredentials', { params: { project: closed }, body: { runId, minutes: 15 } });
      const life = (Date.parse(given.expiration) - Date.now()) / 60_000;
      assert.ok(life > 13 && life <= 15.1, `${life} minutes`);
      assert.match(given.root, new RegExp(`^s3://[^/]+/projects/${closed}/0/${runId}/artifacts$`));
      const credentials = { accessKeyId: given.accessKeyId, secretAccessKey: given.secretAccessKey, sessionToken: given.sessionToken };
      const client = { endpoint: cloud.emulator.endpoint, region: 'us-east-1', credentials };
      const { Arn } = await new STSClient(client).send(new GetCallerIdentityCommand({}));
      assert.match(Arn!, /assumed-role\/proband-local-project-artifacts\/demo-data-scientist$/);
      const [Bucket, ...key] = given.root.slice('s3://'.length).split('/');
      const s3 = new S3Client({ ...client, forcePathStyle: true });
      const at = { Bucket: Bucket!, Key: [...key, 'by-s3.bin'].join('/') };
      await s3.send(new PutObjectCommand({ ...at, Body: LARGE }));
      const { Body } = await s3.send(new GetObjectCommand(at));
      assert.ok(Buffer.from(await Body!.transformToByteArray()).equals(LARGE));
      await assert.rejects(as('data-scientist')('createArtifactCredentials', { params: { project: closed }, body: { runId: 'a'.repeat(32) } }), problem(404));
      await assert.rejects(as('data-scientist')('createArtifactCredentials', { params: { project: closed }, body: { minutes: 61 } }), problem(400));
    });

    it('are carried by an archive into another one, once', async () => {
      const { as, scratch } = world();
      const own = await tracking(closed, 'data-scientist');
      const metrics = [1, 2, 3].map((step) => ({ key: 'loss', value: step === 2 ? 'NaN' : step, timestamp: step, step }));
      await own.send('POST', `${API}/runs/log-batch`, { run_id: runId, metrics, params: [{ key: 'a', value: 'ü\u2028' }], tags: [] });
      await own.send('POST', `${API}/model-versions/create`, { name: 'dose', source: `mlflow-artifacts:/0/${runId}/artifacts`, run_id: runId });
      await own.send('POST', `${API}/runs/update`, { run_id: runId, status: 'FINISHED', end_time: 9 });
      const out = join(scratch, 'closed.tar.gz');
      const manifest = await exportProject(serverSource(own), await as('data-scientist')('getProject', { params: { project: closed } }), out, quiet);
      assert.deepEqual([manifest.left, manifest.counts['artifactBytes']], [[], LARGE.length]);
      await as('data-scientist')('createProject', { body: { project: copy } });
      const target = await tracking(copy, 'data-scientist');
      const archive = await openArchive(out);
      try {
        const first = await importProject(archive.source, target, quiet);
        assert.deepEqual([first.left, first.carried['runs'], first.carried['artifactBytes'], first.carried['modelVersions']], [[], 1, LARGE.length, 1]);
        const again = await importProject(archive.source, target, quiet);
        assert.deepEqual([again.left, again.carried['runs'], again.carried['artifacts'], again.carried['modelVersions']], [[], undefined, undefined, undefined]);
      } finally {
        await archive.close();
      }
      const { runs } = await target.send<{ runs: Run[] }>('POST', `${API}/runs/search`, { experiment_ids: ['0'] });
      assert.equal(runs.length, 1);
      const [{ info, data }] = runs as [Run];
      assert.deepEqual([info.status, info.start_time, info.end_time, tagsOf(data?.params)], ['FINISHED', 1, 9, { a: 'ü\u2028' }]);
      const course = await target.get<{ metrics: object[] }>(`${API}/metrics/get-history`, { run_id: info.run_id, metric_key: 'loss' });
      assert.deepEqual(course.metrics, metrics);
      const file = await target.download('get-artifact', { run_id: info.run_id, path: 'by-s3.bin' });
      assert.ok(Buffer.from(await file.arrayBuffer()).equals(LARGE));
    });
  });
};
