import type { Call, Operations } from '../../adapters/mlflow-api.ts';
import { neededBy } from '../../adapters/version-sources.ts';
import { getExperiment } from '../../adapters/tracking/experiment-store.ts';
import { putModelMetrics } from '../../adapters/tracking/logged-model-store.ts';
import { appendMetrics } from '../../adapters/tracking/metric-store.ts';
import { touch } from '../../adapters/tracking/run-index.ts';
import { tidyNowAndThen } from '../../adapters/tracking/run-listing.ts';
import { searchRuns } from '../../adapters/tracking/run-search.ts';
import {
  type Standing,
  createRun,
  deleteTag,
  getHead,
  getParams,
  getRun,
  getStanding,
  getTag,
  putInputs,
  putOutputs,
  putParams,
  putTags,
  updateHead,
} from '../../adapters/tracking/run-store.ts';
import { type Outcome, done } from '../../contracts/outcome.ts';
import type { Experiment, Metric, RunHead } from '../../contracts/tracking.ts';
import { fitting } from '../../domain/mlflow/answer-room.ts';
import { runAnswer, runInfoAnswer } from '../../domain/mlflow/answers.ts';
import { absent, invalid, refuse } from '../../domain/mlflow/refusals.ts';
import { readDatasetInputs } from '../../domain/tracking/datasets.ts';
import { activeExperiment, experimentIdOf, experimentMissing, viewOf } from '../../domain/tracking/experiments.ts';
import { LIMITS, checkParam, checkRunId, checkTag, cut } from '../../domain/tracking/names.ts';
import {
  LOGGED_MODELS,
  RUN_NAME,
  activeRun,
  isEnded,
  newParams,
  newRun,
  readBatch,
  readMetric,
  runMissing,
  standingOf,
  statusOf,
  withLoggedModel,
} from '../../domain/tracking/runs.ts';
import { offsetOf, pageSize, tokenOf } from '../../domain/tracking/search/page.ts';
import { readRunQuestion } from '../../domain/tracking/search/runs.ts';

type Operation =
  | 'createRun'
  | 'getRun'
  | 'updateRun'
  | 'deleteRun'
  | 'restoreRun'
  | 'searchRuns'
  | 'logMetric'
  | 'logParam'
  | 'setTag'
  | 'deleteTag'
  | 'logBatch'
  | 'logModel'
  | 'logInputs'
  | 'logOutputs';
type ActiveRun = Standing & { head: RunHead };
type OfRun = { project: Call<Operation>['project']; audit: Record<string, unknown> };

const MOST = 50_000;
const PARAM_ATTEMPTS = 10;

export const runOperations = ({ TRACKING_TABLE: table, REGISTRY_TABLE }: { TRACKING_TABLE: string; REGISTRY_TABLE: string }): Operations<Operation> => {
  const asActive = (audit: OfRun['audit'], runId: string, head: RunHead | null): Outcome<RunHead> => {
    if (!head) return runMissing(runId);
    audit['runId'] = runId;
    const standing = activeRun(head);
    return standing.ok ? done(head) : standing;
  };
  const active = async ({ project, audit }: OfRun, runId: string): Promise<Outcome<RunHead>> => asActive(audit, runId, await getHead(table, project.project, runId));

  /** An active run, with what it holds of what is about to be written. */
  const activeFor = async ({ project, audit }: OfRun, runId: string, params: Record<string, string>, metrics: readonly Metric[]): Promise<Outcome<ActiveRun>> => {
    const standing = await getStanding(table, project.project, runId, { params: Object.keys(params), metrics: metrics.map(({ key }) => key) });
    const head = asActive(audit, runId, standing.head);
    return head.ok ? done({ ...standing, head: head.value }) : head;
  };

  const asItStands = async <R extends RunHead>(project: string, run: R): Promise<R> => standingOf(run, await getExperiment(table, project, run.experimentId));

  const logParams = async (project: string, { head: { runId }, params: seen }: ActiveRun, params: Record<string, string>, alone: boolean): Promise<Outcome<null>> => {
    let known: ReadonlyMap<string, string> = seen;
    for (let attempt = 0; attempt < PARAM_ATTEMPTS; attempt++) {
      const fresh = newParams(runId, known, params, alone);
      if (!fresh.ok) return fresh;
      if (await putParams(table, project, runId, fresh.value)) return done(null);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * attempt));
      known = await getParams(table, project, runId, Object.keys(params));
    }
    throw new Error(`parameters of run ${runId} were changed ${PARAM_ATTEMPTS} times while one call waited`);
  };

  const logMetrics = async (project: string, { head: { runId }, metrics: items }: ActiveRun, metrics: readonly Metric[]): Promise<void> => {
    await appendMetrics(table, project, runId, metrics, items);
    await putModelMetrics(
      table,
      project,
      metrics.filter(({ modelId }) => modelId !== undefined).map((metric) => ({ ...metric, runId })),
    );
  };

  /** A run's name stands in its head and in a tag. */
  const rename = async (project: string, head: RunHead, name: string): Promise<void> => {
    await putTags(table, project, head.runId, { [RUN_NAME]: name });
    await updateHead(table, project, head, { name }, 'active');
  };

  const logTags = async (project: string, head: RunHead, tags: Record<string, string>): Promise<void> => {
    const { [RUN_NAME]: name, ...others } = tags;
    await putTags(table, project, head.runId, others);
    if (name) await rename(project, head, name);
  };

  return {
    createRun: async ({ project, fields, audit }) => {
      const id = experimentIdOf(fields.experiment_id || '0');
      if (!id.ok) return id;
      const experiment = await getExperiment(table, project.project, id.value);
      if (!experiment) return experimentMissing(id.value);
      const standing = activeExperiment(experiment);
      if (!standing.ok) return standing;
      const wanted = newRun(experiment, fields);
      if (!wanted.ok) return wanted;
      const { head, tags } = wanted.value;
      await createRun(table, project.project, head, tags);
      Object.assign(audit, { runId: head.runId, experimentId: head.experimentId });
      return done({ run: runAnswer({ ...head, tags, params: {}, metrics: {}, datasets: [], modelInputs: [], modelOutputs: [] }) });
    },

    getRun: async ({ project, fields }) => {
      const run = await getRun(table, project.project, fields.run_id);
      return run ? done({ run: runAnswer(await asItStands(project.project, run)) }) : runMissing(fields.run_id);
    },

    updateRun: async (call) => {
      const { project, fields } = call;
      const head = await active(call, fields.run_id);
      if (!head.ok) return head;
      const status = fields.status === undefined ? done(undefined) : statusOf(fields.status);
      if (!status.ok) return status;
      const changes = {
        ...(status.value ? { status: status.value } : {}),
        ...(fields.end_time === undefined ? {} : { endTime: fields.end_time }),
        ...(fields.run_name ? { name: fields.run_name } : {}),
      };
      if (Object.keys(changes).length > 0) {
        if (fields.run_name) await putTags(table, project.project, fields.run_id, { [RUN_NAME]: fields.run_name });
        if (!(await updateHead(table, project.project, head.value, changes, 'active'))) return activeRun({ ...head.value, lifecycle: 'deleted' });
        if (changes.status && isEnded(changes.status)) await tidyNowAndThen(table, project.project, head.value.experimentId);
      }
      return done({ run_info: runInfoAnswer({ ...head.value, ...changes }) });
    },

    deleteRun: async ({ project, fields, audit }) => {
      const head = await getHead(table, project.project, fields.run_id);
      if (!head) return runMissing(fields.run_id);
      audit['runId'] = head.runId;
      const needed = await neededBy(REGISTRY_TABLE, project.project, { run: head.runId });
      if (needed) return refuse('RESOURCE_CONFLICT', `Run ${head.runId} is the source of ${needed} and can't be deleted while that version is there`);
      await updateHead(table, project.project, head, { lifecycle: 'deleted', deletedAt: Date.now() }, 'active');
      return done({});
    },

    restoreRun: async ({ project, fields, audit }) => {
      const head = await getHead(table, project.project, fields.run_id);
      if (!head) return runMissing(fields.run_id);
      audit['runId'] = head.runId;
      await updateHead(table, project.project, head, { lifecycle: 'active', deletedAt: undefined } as never, 'deleted');
      return done({});
    },

    searchRuns: async ({ project, fields }) => {
      const view = viewOf(fields.run_view_type);
      if (!view.ok) return view;
      const size = pageSize(fields.max_results, { least: 0, most: MOST, unset: 1000 });
      if (!size.ok) return size;
      const offset = offsetOf(fields.page_token);
      if (!offset.ok) return offset;
      const question = readRunQuestion(fields.filter, fields.order_by);
      if (!question.ok) return question;
      const experiments: Experiment[] = [];
      for (const given of new Set(fields.experiment_ids)) {
        const id = experimentIdOf(given);
        if (!id.ok) return id;
        const experiment = await getExperiment(table, project.project, id.value);
        if (experiment) experiments.push(experiment);
      }
      const { runs, more } = await searchRuns(table, project.project, experiments, question.value, {
        view: view.value,
        offset: offset.value,
        size: size.value,
        fits: fitting(runAnswer),
      });
      return done({ ...(runs.length > 0 ? { runs: runs.map(runAnswer) } : {}), ...(more ? { next_page_token: tokenOf({ offset: offset.value + runs.length }) } : {}) });
    },

    logMetric: async (call) => {
      const metric = readMetric({ ...call.fields });
      if (!metric.ok) return metric;
      const standing = await activeFor(call, call.fields.run_id, {}, [metric.value]);
      if (!standing.ok) return standing;
      await logMetrics(call.project.project, standing.value, [metric.value]);
      await touch(table, call.project.project, standing.value.head);
      return done({});
    },

    logParam: async (call) => {
      const { key } = call.fields;
      const valid = checkParam(key);
      if (!valid.ok) return valid;
      const params = { [key]: cut(call.fields.value ?? '', LIMITS.paramValue) };
      const standing = await activeFor(call, call.fields.run_id, params, []);
      if (!standing.ok) return standing;
      const logged = await logParams(call.project.project, standing.value, params, true);
      if (!logged.ok) return logged;
      await touch(table, call.project.project, standing.value.head);
      return done({});
    },

    setTag: async (call) => {
      const { key } = call.fields;
      const valid = checkTag(key);
      if (!valid.ok) return valid;
      const head = await active(call, call.fields.run_id);
      if (!head.ok) return head;
      await logTags(call.project.project, head.value, { [key]: cut(call.fields.value ?? '', LIMITS.tagValue) });
      await touch(table, call.project.project, head.value);
      return done({});
    },

    deleteTag: async (call) => {
      const head = await active(call, call.fields.run_id);
      if (!head.ok) return head;
      const { key } = call.fields;
      if (!(await deleteTag(table, call.project.project, head.value.runId, key))) return absent(`No tag with name: ${key} in run with id ${head.value.runId}`);
      await touch(table, call.project.project, head.value);
      return done({});
    },

    logBatch: async (call) => {
      const { fields, given, project } = call;
      const size = JSON.stringify(given).length;
      if (size > LIMITS.batchBytes) return invalid(`Batched logging API requests must be at most ${LIMITS.batchBytes} bytes, got a request of size ${size}.`);
      const valid = checkRunId(fields.run_id);
      if (!valid.ok) return valid;
      const batch = readBatch(fields);
      if (!batch.ok) return batch;
      const { metrics, params, tags } = batch.value;
      const standing = await activeFor(call, fields.run_id, params, metrics);
      if (!standing.ok) return standing;
      const { head } = standing.value;
      if (Object.keys(params).length > 0) {
        const logged = await logParams(project.project, standing.value, params, false);
        if (!logged.ok) return logged;
      }
      await Promise.all([logMetrics(project.project, standing.value, metrics), logTags(project.project, head, tags)]);
      await touch(table, project.project, head);
      return done({});
    },

    logModel: async (call) => {
      const head = await active(call, call.fields.run_id);
      if (!head.ok) return head;
      const tag = withLoggedModel(await getTag(table, call.project.project, head.value.runId, LOGGED_MODELS), call.fields.model_json);
      if (!tag.ok) return tag;
      await putTags(table, call.project.project, head.value.runId, { [LOGGED_MODELS]: tag.value });
      await touch(table, call.project.project, head.value);
      return done({});
    },

    logInputs: async (call) => {
      const valid = checkRunId(call.fields.run_id);
      if (!valid.ok) return valid;
      const datasets = readDatasetInputs(call.fields.datasets);
      if (!datasets.ok) return datasets;
      const head = await active(call, call.fields.run_id);
      if (!head.ok) return head;
      const models = call.fields.models.flatMap(({ model_id }) => (typeof model_id === 'string' && model_id ? [model_id] : []));
      await putInputs(table, call.project.project, head.value.runId, datasets.value, models);
      await touch(table, call.project.project, head.value);
      return done({});
    },

    logOutputs: async (call) => {
      const head = await active(call, call.fields.run_id);
      if (!head.ok) return head;
      const outputs = call.fields.models.flatMap(({ model_id, step }) => (typeof model_id === 'string' && model_id ? [{ modelId: model_id, step: Number(step ?? 0) }] : []));
      await putOutputs(table, call.project.project, head.value.runId, outputs);
      await touch(table, call.project.project, head.value);
      return done({});
    },
  };
};
