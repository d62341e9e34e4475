import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { HOME_PROJECT } from '../../lambdas/contracts/project.ts';
import { ROLES } from '../../lambdas/contracts/principal.ts';
import { PYTHON } from '../../local/cloud/processes.ts';
import { startBusyGateway } from './busy-gateway.ts';
import { variablesOf } from './function-variables.ts';
import type { World } from './world.ts';

const MINUTES = 10;
const run = promisify(execFile);
type Tagged = { data: { tags: { key: string; value: string }[] } };
type Refused = { code: string | null; status?: number; message?: string };

/** The stock MLflow client against a project of the local cloud, and what the life left in the tracker. */
export const mlflow = (world: () => Pick<World, 'cloud' | 'scratch' | 'as'>): void => {
  describe('MLflow’s own client', () => {
    // biome-ignore lint/suspicious/noExplicitAny: what the script prints; each test reads its part
    let said: any;
    before(
      async () => {
        const { apiUrl, people } = world().cloud;
        const project = `client-${Date.now()}`;
        const gateway = await startBusyGateway(apiUrl, 1);
        const folder = mkdtempSync(join(world().scratch, 'mlflow-'));
        const at = (project: string) => `${apiUrl}/mlflow/${project}`;
        const tokens = Object.fromEntries(await Promise.all(ROLES.map(async (role) => [role, await people.token(role)])));
        const { stdout } = await run(PYTHON, [join(import.meta.dirname, 'stock-client.py')], {
          env: {
            ...process.env,
            URI: at(project),
            BUSY: `${gateway.url}/mlflow/${project}`,
            OTHER: at(`other-${Date.now()}`),
            SIGNED: at(HOME_PROJECT),
            TOKENS: JSON.stringify(tokens),
            FOLDER: folder,
            HOME: folder,
          },
          maxBuffer: 1 << 26,
          timeout: MINUTES * 60_000,
        });
        said = { ...JSON.parse(stdout.trim().split('\n').at(-1)!), refusedByGateway: gateway.refused() };
        gateway.close();
        rmSync(folder, { recursive: true, force: true });
      },
      { timeout: MINUTES * 60_000 },
    );

    it('logs, registers and loads back a pyfunc and an ONNX model that predict the same', () => {
      const { expected, plain, network } = said.models;
      assert.deepEqual(plain, expected);
      assert.deepEqual(network, expected);
    });

    it('cannot delete what a version needs', () => {
      for (const refusal of [said.models.runDeletion, said.models.modelDeletion] as Refused[]) {
        assert.equal(refusal.code, 'RESOURCE_CONFLICT');
        assert.match(refusal.message!, /is the source of (plain|network)@1/);
      }
    });

    it('numbers 100 versions that are made at once without gap or double; an alias that is raced for stands on one', () => {
      assert.deepEqual(
        said.concurrency.versions,
        Array.from({ length: 100 }, (_, index) => index + 1),
      );
      assert.ok([1, 2].includes(said.concurrency.best));
    });

    it('finds runs by filter and order, page by page, each once', () => {
      const expected = Array.from({ length: 60 }, (_, index) => index)
        .filter((index) => index % 2 === 1 && index >= 6)
        .reverse();
      assert.deepEqual(said.pagination.found, expected);
      assert.equal(said.pagination.pages, Math.ceil(expected.length / 17));
    });

    it('pages through 10,000 runs, each once', { timeout: MINUTES * 60_000 }, async () => {
      const { cloud } = world();
      const project = `many-${Date.now()}`;
      const uri = `${cloud.apiUrl}/mlflow/${project}`;
      const token = await cloud.people.token('data-scientist');
      const created = await fetch(`${uri}/api/2.0/mlflow/experiments/create`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'sweep' }),
      });
      const { experiment_id: experiment } = (await created.json()) as { experiment_id: string };
      const { TRACKING_TABLE: table } = await variablesOf(cloud.emulator.endpoint, 'mlflow/tracking');
      await run(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'fill-runs.ts'), table!, project, experiment, '10060'], {
        env: { ...process.env, ...cloud.emulator.env },
      });
      const { stdout } = await run(PYTHON, [join(import.meta.dirname, '../bench/tracking/page-through.py'), uri, experiment], {
        env: { ...process.env, MLFLOW_TRACKING_TOKEN: token, HOME: world().scratch },
      });
      const { runs, distinct } = JSON.parse(stdout) as { runs: number; distinct: number };
      // one in 200 was deleted
      assert.deepEqual({ runs, distinct }, { runs: 10_060 - 51, distinct: 10_060 - 51 });
    });

    it('keeps names of every alphabet and of 250 characters, NaN and infinity; one character more is refused', () => {
      const { experiment, name, param, tag, metrics, tooLong } = said.names;
      assert.deepEqual(
        { experiment, name, param, tag, metrics },
        { experiment: 'Dosis-Größe für Ærø, 剂量 💊', name: 'Läufer № 1', param: 'värde', tag: '标签', metrics: ['nan', 'inf'] },
      );
      assert.equal(tooLong.code, 'INVALID_PARAMETER_VALUE');
      assert.match(tooLong.message, /exceeds the maximum length of 250/);
    });

    it('is told 401 without a token or with another’s, 403 with a role that may not, 413 with what to do', () => {
      const { noToken, badToken, tooLarge, tooLargeSays, clinician, clinicianReads, trace } = said.refusals;
      assert.deepEqual({ noToken, badToken, tooLarge }, { noToken: 401, badToken: 401, tooLarge: 413 });
      assert.match(tooLargeSays, /MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD/);
      assert.equal(clinician.code, 'PERMISSION_DENIED');
      assert.match(clinician.message, /is for data-scientist, ml-engineer/);
      assert.equal(clinicianReads, 'Default');
      assert.equal(trace.error_code, 'ENDPOINT_NOT_FOUND');
    });

    it('sends and gets a file in parts that is too large for one request', () => {
      assert.deepEqual(said.parts, { listed: [['model/weights.bin', 12_000_000]], same: true });
    });

    it('waits and comes again where the gateway is above its limit (429)', () => {
      assert.deepEqual(said.busy, { loss: 0.5 });
      assert.ok(said.refusedByGateway >= 3, 'each of the calls was refused once');
    });

    it('sees nothing of another project', () => {
      const { run, name, models } = said.isolation;
      assert.equal((run as Refused).code, 'RESOURCE_DOES_NOT_EXIST');
      assert.equal(name, true);
      assert.deepEqual(models, []);
    });

    it('calls nothing Production or champion without a clinician’s signature where the project asks for one', () => {
      for (const refusal of [said.signed.production, said.signed.champion] as Refused[]) {
        assert.equal(refusal.code, 'PERMISSION_DENIED');
        assert.match(refusal.message!, /no clinical signature.*POST \/v1\/reviews/);
      }
      assert.equal(said.signed.staging, 'Staging');
    });

    it('finds the life’s training, model and stages', async () => {
      const { apiUrl, people } = world().cloud;
      const call = async (path: string, body?: object) => {
        const answer = await fetch(`${apiUrl}/mlflow/${HOME_PROJECT}/api/2.0/mlflow/${path}`, {
          headers: { authorization: `Bearer ${await people.token('auditor')}`, 'content-type': 'application/json' },
          ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
        });
        assert.equal(answer.status, 200, path);
        // biome-ignore lint/suspicious/noExplicitAny: MLflow's JSON
        return (await answer.json()) as any;
      };
      const { experiment } = await call('experiments/get-by-name?experiment_name=warfarin');
      const { model_version: version } = await call('model-versions/get?name=warfarin&version=1');
      assert.equal(version.current_stage, 'Production');
      const { run } = await call(`runs/get?run_id=${version.run_id}`);
      assert.equal(run.info.experiment_id, experiment.experiment_id);
      assert.equal(run.info.status, 'FINISHED');
      const { runs: children } = await call('runs/search', { experiment_ids: [experiment.experiment_id], filter: `tags.mlflow.parentRunId = '${version.run_id}'` });
      const tag = (of: Tagged, key: string) => of.data.tags.find((tag) => tag.key === key)?.value;
      const { split } = await world().as('auditor')('getRun', { params: { runId: tag(run, 'proband.run_id')! } });
      for (const digest of ['code', 'environment']) {
        const registered = version.tags.find(({ key }: { key: string }) => key === `proband.digest.${digest}`)?.value;
        assert.match(registered, /^[0-9a-f]{64}$/);
        assert.equal(registered, tag(run, `proband.train.${digest}.sha256`), `${digest}: the version says what the training said`);
      }
      const hospitals = new Set(split!.sites.filter((site) => site.split !== 'external').map(({ site }) => site));
      const folds = [...hospitals, 'all development patients', ...(split!.validation > 0 ? ['validation split'] : [])].map((name) => `fold ${name}`);
      assert.deepEqual(children.map((child: Tagged) => tag(child, 'proband.part')).sort(), folds.sort());
      assert.ok(children[0].data.metrics.some(({ key }: { key: string }) => key.endsWith('train_loss')));
    });
  });
};
