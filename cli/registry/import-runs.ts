import pMap from 'p-map';
import { batches } from './batches.ts';
import { ABREAST, type Import, type Placed, carryArtifacts } from './carrying.ts';
import { IMPORTED, count, withImported } from './imported.ts';
import { API, MlflowRefusal } from './mlflow.ts';
import { serverSource } from './server.ts';
import { type DatasetInput, type Metric, type Pair, type Run, pairsOf, tagsOf } from './source.ts';

const PARENT = 'mlflow.parentRunId';
const LOGGED = 'mlflow.log-model.history';
/** Limits of one batch in MLflow's protocol; bytes of its body with room for the rest. */
const METRICS = 1000;
const PAIRS = 100;
const BATCH_BYTES = 800_000;
/** A body of the API is at most 6 MB in its function. */
const BODY_BYTES = 5_000_000;

const notesOf = ({ source }: Import, { info }: Run) => ({ [IMPORTED.source]: source.origin, [IMPORTED.runId]: info.run_id, [IMPORTED.artifactUri]: info.artifact_uri });

/** A head for each run, so that runs can name one another; those of an import before are found again. */
export const createRuns = async (the: Import): Promise<void> => {
  for (const { id, experiment } of the.experiments.values()) {
    for await (const { info, data } of serverSource(the.target).runs(id)) {
      const tags = tagsOf(data?.tags);
      if (tags[IMPORTED.source] !== the.source.origin || !tags[IMPORTED.runId]) continue;
      const placed = { id: info.run_id, root: info.artifact_uri!, complete: IMPORTED.complete in tags, deleted: info.lifecycle_stage === 'deleted', fresh: false };
      the.runs.set(tags[IMPORTED.runId]!, placed);
    }
    await pMap(the.source.runs(experiment.experiment_id), (run) => createRun(the, id, run), { concurrency: ABREAST });
    the.tell(`${the.runs.size} runs found, ${the.report.carried['runs'] ?? 0} of them new`);
  }
};

const createRun = async (the: Import, experiment_id: string, run: Run): Promise<void> => {
  const { info } = run;
  const standing = the.runs.get(info.run_id);
  if (info.artifact_uri && standing) the.roots.set(info.artifact_uri, standing.root);
  if (standing) return count(the.report.present, 'runs');
  const tags = pairsOf(withImported([], notesOf(the, run)));
  const { user_id, start_time, run_name } = info;
  const made = await the.target.send<{ run: Run }>('POST', `${API}/runs/create`, { experiment_id, user_id, start_time, run_name, tags }, { once: true });
  const placed = { id: made.run.info.run_id, root: made.run.info.artifact_uri!, complete: false, deleted: false, fresh: true };
  the.runs.set(info.run_id, placed);
  if (info.artifact_uri) the.roots.set(info.artifact_uri, placed.root);
  count(the.report.carried, 'runs');
};

/** What was logged to each run. */
export const fillRuns = async (the: Import): Promise<void> => {
  let filled = 0;
  for (const { experiment } of the.experiments.values()) {
    const logged = await metricsOfModels(the, experiment.experiment_id);
    const fill = async (run: Run) => {
      const placed = the.runs.get(run.info.run_id);
      // one that began between the two readings of the source comes with the next start
      if (!placed || placed.complete) return;
      await fillRun(the, run, placed, logged);
      filled++;
      if (filled % 25 === 0) the.tell(`${filled} runs carried`);
    };
    await pMap(the.source.runs(experiment.experiment_id), fill, { concurrency: ABREAST });
  }
  the.tell(`${filled} runs carried`);
};

const pointOf = ({ key, step = 0, timestamp, value }: Metric) => `${key}\n${step}\n${timestamp}\n${value}`;
type OnModels = Map<string, Metric>;

/** Which logged model and dataset a point belongs to: the model's own list says it, a run's history does not. */
const metricsOfModels = async ({ source, models }: Import, experimentId: string): Promise<OnModels> => {
  const found: OnModels = new Map();
  for await (const { info, data } of source.loggedModels(experimentId)) {
    const model_id = models.get(info.model_id)?.id;
    for (const metric of data?.metrics ?? []) if (model_id) found.set(`${metric.run_id}\n${pointOf(metric)}`, { ...metric, model_id });
  }
  return found;
};

const fillRun = async (the: Import, run: Run, placed: Placed, logged: OnModels): Promise<void> => {
  const { target, report } = the;
  const run_id = placed.id;
  if (placed.deleted) await target.send('POST', `${API}/runs/restore`, { run_id });
  const batch = (members: object) => target.send('POST', `${API}/runs/log-batch`, { run_id, ...members });
  const whole = (items: Pair[] | undefined): { key: string; value: string }[] => pairsOf(tagsOf(items));
  for (const params of batches(whole(run.data?.params), PAIRS, BATCH_BYTES)) await batch({ params });
  const tags = Object.entries(withImported(run.data?.tags, notesOf(the, run))).map(([key, value]) => ({ key, value: translated(the, run, key, value) }));
  for (const some of batches(tags, PAIRS, BATCH_BYTES)) await batch({ tags: some });
  count(report.carried, 'params', run.data?.params?.length ?? 0);
  count(report.carried, 'metricPoints', await carryHistory(the, run, logged, (metrics) => batch({ metrics })));
  await carryInputs(the, run, placed);
  const unfinished = run.info.lifecycle_stage !== 'deleted' && (run.info.status === 'RUNNING' || run.info.status === 'SCHEDULED');
  const read = await carryArtifacts(the, { run: run.info.run_id }, placed, unfinished);
  const { status, end_time, run_name } = run.info;
  await target.send('POST', `${API}/runs/update`, { run_id, status, end_time, run_name });
  // a run that goes on there, or whose files could not be read, is filled again by the next start
  if (!unfinished && read) await target.send('POST', `${API}/runs/set-tag`, { run_id, key: IMPORTED.complete, value: 'true' });
};

/** Runs that a run's tags name are called otherwise here. */
const translated = ({ runs }: Import, run: Run, key: string, value: string): string => {
  if (key === PARENT) return runs.get(value)?.id ?? value;
  return key === LOGGED ? value.replaceAll(run.info.run_id, runs.get(run.info.run_id)!.id) : value;
};

const carryHistory = async ({ source }: Import, run: Run, logged: OnModels, send: (metrics: Metric[]) => Promise<unknown>): Promise<number> => {
  let points = 0;
  for await (const page of source.history(run)) {
    const metrics = page.map(({ key, value, timestamp, step = 0 }): Metric => {
      const on = logged.get(`${run.info.run_id}\n${pointOf({ key, value, timestamp, step })}`);
      const { model_id, dataset_name, dataset_digest } = on ?? {};
      return { key, value, timestamp, step, ...(model_id ? { model_id } : {}), ...(dataset_name ? { dataset_name } : {}), ...(dataset_digest ? { dataset_digest } : {}) };
    });
    for (const some of batches(metrics, METRICS, BATCH_BYTES)) await send(some);
    points += metrics.length;
  }
  return points;
};

const carryInputs = async ({ target, models, report }: Import, { info, inputs, outputs }: Run, { id: run_id, fresh }: Placed): Promise<void> => {
  // a stock server refuses a model that the run has already
  const standing = fresh ? undefined : (await target.get<{ run: Run }>(`${API}/runs/get`, { run_id })).run;
  const taken = new Set((standing?.inputs?.model_inputs ?? []).map(({ model_id }) => model_id));
  const given = new Set((standing?.outputs?.model_outputs ?? []).map(({ model_id }) => model_id));
  const known = (model_id: string): string[] => {
    const placed = models.get(model_id);
    return placed ? [placed.id] : [];
  };
  const fits = (input: DatasetInput): boolean => {
    if (JSON.stringify(input).length <= BODY_BYTES) return true;
    report.left.push({ what: `dataset ${input.dataset.name} of run ${info.run_id}`, why: `its description is larger than ${BODY_BYTES} bytes` });
    return false;
  };
  const datasets = (inputs?.dataset_inputs ?? []).filter(fits);
  for (const some of batches(datasets, PAIRS, BODY_BYTES)) await target.send('POST', `${API}/runs/log-inputs`, { run_id, datasets: some });
  const into = (inputs?.model_inputs ?? [])
    .flatMap(({ model_id }) => known(model_id))
    .filter((model_id) => !taken.has(model_id))
    .map((model_id) => ({ model_id }));
  if (into.length > 0) await target.send('POST', `${API}/runs/log-inputs`, { run_id, models: into });
  const out = (outputs?.model_outputs ?? []).flatMap(({ model_id, step = 0 }) => known(model_id).flatMap((id) => (given.has(id) ? [] : [{ model_id: id, step }])));
  if (out.length > 0) await target.send('POST', `${API}/runs/outputs`, { run_id, models: out });
  count(report.carried, 'datasetInputs', datasets.length);
};

/** Runs that were deleted there are deleted here, once everything that needs them is made. */
export const deleteRuns = async ({ source, target, experiments, runs, report }: Import): Promise<void> => {
  for (const { experiment } of experiments.values()) {
    for await (const { info } of source.runs(experiment.experiment_id)) {
      const placed = runs.get(info.run_id);
      if (info.lifecycle_stage !== 'deleted' || !placed || (placed.deleted && placed.complete)) continue;
      try {
        await target.send('POST', `${API}/runs/delete`, { run_id: placed.id });
      } catch (error) {
        if (!(error instanceof MlflowRefusal)) throw error;
        report.left.push({ what: `deletion of run ${info.run_id}`, why: error.message });
      }
    }
  }
};
