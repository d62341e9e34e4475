import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { importProject } from '../../cli/registry/import.ts';
import { type Mlflow, mlflowAt } from '../../cli/registry/mlflow.ts';
import { openArchive } from '../../cli/registry/read-archive.ts';
import { serverSource } from '../../cli/registry/server.ts';
import { type LoggedModel, type ModelVersion, PROMPT, type RegisteredModel, type Run, type Source, tagsOf } from '../../cli/registry/source.ts';
import { exportProject } from '../../cli/registry/write-archive.ts';
import { startMlflowServer } from '../mlflow-server.ts';

/** The importer against real MLflow servers, as source and as target: both speak what a project here speaks. `PROBAND_MLFLOW`: another `mlflow`. */
const MLFLOW = process.env['PROBAND_MLFLOW'] ?? 'mlflow';
const serves = (): boolean => {
  try {
    // the skinny package has the command, too, but no server
    execFileSync(MLFLOW, ['db', '--help'], { stdio: 'ignore', timeout: 60_000 });
    return true;
  } catch {
    return false;
  }
};
const skip = serves() ? false : `no MLflow server: ${MLFLOW} is not here or cannot serve`;

const folder = mkdtempSync(join(tmpdir(), 'proband-mlflow-'));
const running: (() => void)[] = [];

const start = async (name: string): Promise<Mlflow> => {
  const own = join(folder, name);
  mkdirSync(own);
  const { url, stop } = await startMlflowServer(MLFLOW, own);
  running.push(stop);
  return mlflowAt(url, () => undefined);
};

const API = 'api/2.0/mlflow';
type Made = { run: Run };
const at = 1_600_000_000_000;

/** Two experiments, nested runs, one deleted, a logged model, versions with a gap, aliases, stages, files. */
const fill = async (server: Mlflow): Promise<void> => {
  const post = <T>(path: string, body: object) => server.send<T>('POST', `${API}/${path}`, body);
  const { experiment_id } = await post<{ experiment_id: string }>('experiments/create', { name: 'of dose / ü', tags: [{ key: 'team', value: 'pk' }] });
  const parent = (await post<Made>('runs/create', { experiment_id, user_id: 'ann', start_time: at, run_name: 'all', tags: [] })).run.info;
  const child = (await post<Made>('runs/create', { experiment_id, start_time: at - 5, run_name: 'fold', tags: [{ key: 'mlflow.parentRunId', value: parent.run_id }] })).run.info;
  const { run_id } = parent;
  // no NaN: a stock server refuses one that it has already, a project here takes it
  const odd = ['Infinity', '-Infinity'].map((value, step) => ({ key: 'odd', value, timestamp: at + step, step }));
  const loss = Array.from({ length: 990 }, (_, step) => ({ key: 'loss', value: 1 / (step + 1), timestamp: at + step, step }));
  await post('runs/log-batch', { run_id, metrics: [...loss, ...odd], params: [], tags: [] });
  await post('runs/log-batch', { run_id, params: Array.from({ length: 100 }, (_, index) => ({ key: `p${index}`, value: `ü${index}` })) });
  await post('runs/log-inputs', {
    run_id,
    datasets: [{ tags: [{ key: 'mlflow.data.context', value: 'training' }], dataset: { name: 'd', digest: 'abc', source_type: 'local', source: '{}' } }],
  });
  await server.put(`api/2.0/mlflow-artifacts/artifacts/${experiment_id}/${run_id}/artifacts/deep/${encodeURIComponent('ä b')}.bin`, new Uint8Array([1, 2, 3]));
  const { model } = await post<{ model: LoggedModel }>('logged-models', { experiment_id, name: 'net', source_run_id: run_id, params: [{ key: 'depth', value: '3' }], tags: [] });
  const { model_id } = model.info;
  await server.put(`api/2.0/mlflow-artifacts/artifacts/${experiment_id}/models/${model_id}/artifacts/MLmodel`, new Uint8Array(Buffer.from('flavors: {}\n')));
  await server.send('PATCH', `${API}/logged-models/${model_id}`, { model_id, status: 'LOGGED_MODEL_READY' });
  await post('runs/outputs', { run_id, models: [{ model_id, step: 0 }] });
  await post('runs/log-metric', { run_id, key: 'mae', value: 0.5, timestamp: at, step: 4, model_id, dataset_name: 'd', dataset_digest: 'abc' });
  for (const info of [parent, child]) await post('runs/update', { run_id: info.run_id, status: 'FINISHED', end_time: at + 99 });
  await post('registered-models/create', { name: 'dose', description: 'of warfarin', tags: [{ key: 'owner', value: 'ann' }] });
  for (const source of [`models:/${model_id}`, `models:/${model_id}`, `mlflow-artifacts:/${experiment_id}/${run_id}/artifacts/deep`]) {
    await post('model-versions/create', { name: 'dose', source, run_id, ...(source.startsWith('models:') ? { model_id } : {}), description: 'one of three', tags: [] });
  }
  await server.send('DELETE', `${API}/model-versions/delete`, { name: 'dose', version: '2' });
  await post('model-versions/transition-stage', { name: 'dose', version: '3', stage: 'Production', archive_existing_versions: false });
  await post('registered-models/alias', { name: 'dose', alias: 'champion', version: '1' });
  await post('registered-models/create', { name: 'greeting', tags: [{ key: PROMPT, value: 'true' }] });
  const text = [
    { key: PROMPT, value: 'true' },
    { key: 'mlflow.prompt.text', value: 'Hello' },
  ];
  await post('model-versions/create', { name: 'greeting', source: 'prompt-template', tags: text });
  const doomed = (await post<Made>('runs/create', { experiment_id, start_time: at + 9, tags: [] })).run.info;
  await post('runs/log-metric', { run_id: doomed.run_id, key: 'm', value: 1, timestamp: 1, step: 0 });
  await post('runs/update', { run_id: doomed.run_id, status: 'FAILED', end_time: at + 10 });
  await post('runs/delete', { run_id: doomed.run_id });
  const gone = await post<{ experiment_id: string }>('experiments/create', { name: 'gone' });
  await post('experiments/delete', { experiment_id: gone.experiment_id });
};

const NOTES = 'proband.imported.';
const ownTags = (tags: Record<string, string>) =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith(NOTES) && !['mlflow.modelVersions', 'mlflow.parentRunId'].includes(key)));
const list = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};
const filesOf = async (source: Source, owner: { run: string } | { model: string }) =>
  Object.fromEntries(
    await Promise.all(
      (await list(source.artifacts(owner))).map(async ({ path, open }) => {
        const hash = createHash('sha256');
        for await (const chunk of await open()) hash.update(chunk);
        return [path, hash.digest('hex')] as const;
      }),
    ),
  );

/** Everything that can be carried, under the names of the first server, whatever it is called on another. */
const picture = async (server: Mlflow) => {
  const source = serverSource(server);
  const experiments: Record<string, unknown> = {};
  const runName = new Map<string, string>();
  const modelName = new Map<string, string>();
  for (const { experiment_id, name, lifecycle_stage, tags } of await list(source.experiments())) {
    const runs = await list(source.runs(experiment_id));
    const models = await list(source.loggedModels(experiment_id));
    for (const { info, data } of runs) runName.set(info.run_id, tagsOf(data?.tags)[`${NOTES}run_id`] ?? info.run_id);
    for (const { info } of models) modelName.set(info.model_id, tagsOf(info.tags)[`${NOTES}model_id`] ?? info.model_id);
    const pictureOf = async (run: Run) => {
      const { info, data, inputs, outputs } = run;
      const tags = tagsOf(data?.tags);
      return {
        id: runName.get(info.run_id),
        ...{ name: info.run_name, user: info.user_id, status: info.status, start: info.start_time, end: info.end_time, lifecycle: info.lifecycle_stage },
        params: tagsOf(data?.params),
        tags: ownTags(tags),
        parent: tags['mlflow.parentRunId'] && runName.get(tags['mlflow.parentRunId']),
        history: (await list(source.history(run)))
          .flat()
          .map(({ key, value, timestamp, step }) => ({ key, value, timestamp, step }))
          .sort((a, b) => (a.key === b.key ? Number(a.step) - Number(b.step) : a.key < b.key ? -1 : 1)),
        datasets: inputs?.dataset_inputs,
        outputs: outputs?.model_outputs?.map(({ model_id }) => modelName.get(model_id)),
        files: await filesOf(source, { run: info.run_id }),
      };
    };
    const pictureOfModel = async ({ info, data }: LoggedModel) => ({
      id: modelName.get(info.model_id),
      ...{ name: info.name, status: info.status, run: info.source_run_id && runName.get(info.source_run_id) },
      params: tagsOf(data?.params),
      metrics: data?.metrics?.map(({ key, value, step, timestamp, dataset_name, dataset_digest }) => ({ key, value, step, timestamp, dataset_name, dataset_digest })),
      files: await filesOf(source, { model: info.model_id }),
    });
    const byId = <T extends { id: string | undefined }>(items: T[]) => items.sort((a, b) => (a.id! < b.id! ? -1 : 1));
    experiments[name] = {
      lifecycle_stage,
      tags: ownTags(tagsOf(tags)),
      runs: byId(await Promise.all(runs.map(pictureOf))),
      models: byId(await Promise.all(models.map(pictureOfModel))),
    };
  }
  const versionOf = ({ version, current_stage, description, run_id, model_id, tags }: ModelVersion) => ({
    ...{ version, current_stage, description: description ?? '' },
    run: run_id && runName.get(run_id),
    model: model_id && modelName.get(model_id),
    tags: ownTags(tagsOf(tags)),
  });
  const pictureOfRegistered = async (model: RegisteredModel) => ({
    ...{ name: model.name, description: model.description ?? '', tags: ownTags(tagsOf(model.tags)), aliases: model.aliases },
    versions: (await source.versions(model)).map(versionOf),
  });
  return { experiments, registered: await Promise.all((await list(source.models())).map(pictureOfRegistered)) };
};

const quiet = () => undefined;

describe('an import from an MLflow server', { skip, timeout: 300_000 }, () => {
  let from: Mlflow;
  let to: Mlflow;
  let there: Awaited<ReturnType<typeof picture>>;
  before(async () => {
    [from, to] = await Promise.all([start('from'), start('to')]);
    await fill(from);
    there = await picture(from);
  });
  after(() => {
    for (const stop of running) stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('broken off anywhere, goes on where it was, and leaves everything once', async () => {
    // each start gets a little further: the target is gone after so many writes
    const brokenAfter = (writes: number): Mlflow => {
      const spend = () => {
        if (writes-- <= 0) throw new Error('the line is cut');
      };
      return {
        ...to,
        send: async (method, path, body, options) => {
          if (!path.endsWith('/search')) spend();
          return to.send(method, path, body, options);
        },
        put: async (path, body) => {
          spend();
          return to.put(path, body);
        },
      };
    };
    let cuts = 0;
    for (let writes = 2; ; writes++) {
      try {
        await importProject(serverSource(from), brokenAfter(writes), quiet);
        break;
      } catch (error) {
        assert.match((error as Error).message, /the line is cut/);
        cuts++;
        assert.ok(cuts < 100);
      }
    }
    assert.ok(cuts > 5, `${cuts} starts were cut off`);
    assert.deepEqual(await picture(to), there);
  });

  it('once more, changes nothing', async () => {
    const report = await importProject(serverSource(from), to, quiet);
    const { runs, modelVersions, artifacts } = report.carried;
    assert.deepEqual([runs, modelVersions, artifacts, report.left], [undefined, undefined, undefined, []]);
    assert.deepEqual(await picture(to), there);
  });

  it('keeps where a thing came from and when it was made there', async () => {
    const [dose] = (await list(serverSource(to).models())).filter(({ name }) => name === 'dose');
    const [original] = (await list(serverSource(from).models())).filter(({ name }) => name === 'dose');
    const tags = tagsOf(dose!.tags);
    assert.equal(tags[`${NOTES}source`], from.address);
    assert.equal(tags[`${NOTES}creation_time`], String(original!.creation_timestamp));
  });

  it('by way of an archive is the same', async () => {
    const project = { project: 'dose', access: 'everyone', members: {}, production: 'open', createdAt: '2026-01-01T00:00:00.000Z', createdBy: 'ann' } as const;
    const file = join(folder, 'dose.tar.gz');
    const [{ left }, third] = await Promise.all([exportProject(serverSource(from), project, file, quiet), start('third')]);
    assert.deepEqual(left, []);
    const archive = await openArchive(file);
    await importProject(archive.source, third, quiet);
    await archive.close();
    assert.deepEqual(await picture(third), there);
  });
});
