import type { Call, Operations } from '../../adapters/mlflow-api.ts';
import { getExperiment } from '../../adapters/tracking/experiment-store.ts';
import {
  createLoggedModel,
  deleteModelTag,
  getLoggedModel,
  listLoggedModels,
  setModelEntries,
  updateLoggedModel,
  withMetrics,
} from '../../adapters/tracking/logged-model-store.ts';
import { neededBy } from '../../adapters/version-sources.ts';
import { type Outcome, done } from '../../contracts/outcome.ts';
import type { LoggedModel } from '../../contracts/tracking.ts';
import { fitting } from '../../domain/mlflow/answer-room.ts';
import { loggedModelAnswer } from '../../domain/mlflow/answers.ts';
import { absent, refuse } from '../../domain/mlflow/refusals.ts';
import { activeExperiment, experimentIdOf, experimentMissing, tagsOf } from '../../domain/tracking/experiments.ts';
import { answerModelQuestion, modelMissing, modelStatusOf, newLoggedModel, readModelQuestion, readParams } from '../../domain/tracking/logged-models.ts';
import { quoted } from '../../domain/tracking/names.ts';
import { offsetOf, pageOf, pageSize } from '../../domain/tracking/search/page.ts';

type Operation =
  | 'createLoggedModel'
  | 'getLoggedModel'
  | 'finalizeLoggedModel'
  | 'deleteLoggedModel'
  | 'searchLoggedModels'
  | 'logLoggedModelParams'
  | 'setLoggedModelTags'
  | 'deleteLoggedModelTag';

const MOST = 5000;

export const loggedModelOperations = ({ TRACKING_TABLE: table, REGISTRY_TABLE }: { TRACKING_TABLE: string; REGISTRY_TABLE: string }): Operations<Operation> => {
  const found = async ({ project, params, audit }: Pick<Call<Operation>, 'project' | 'params' | 'audit'>): Promise<Outcome<LoggedModel>> => {
    const modelId = params['model_id']!;
    const model = await getLoggedModel(table, project.project, modelId);
    if (!model || model.lifecycle === 'deleted') return modelMissing(modelId);
    audit['modelId'] = modelId;
    return done(model);
  };

  return {
    createLoggedModel: async ({ project, fields, audit }) => {
      const id = experimentIdOf(fields.experiment_id);
      if (!id.ok) return id;
      const experiment = await getExperiment(table, project.project, id.value);
      if (!experiment) return experimentMissing(id.value);
      const standing = activeExperiment(experiment);
      if (!standing.ok) return standing;
      const model = newLoggedModel(experiment, fields);
      if (!model.ok) return model;
      await createLoggedModel(table, project.project, model.value);
      audit['modelId'] = model.value.modelId;
      return done({ model: loggedModelAnswer(model.value) });
    },

    getLoggedModel: async (call) => {
      const model = await getLoggedModel(table, call.project.project, call.params['model_id']!);
      if (!model || (model.lifecycle === 'deleted' && !call.fields.allow_deleted)) return modelMissing(call.params['model_id']!);
      return done({ model: loggedModelAnswer(model) });
    },

    finalizeLoggedModel: async (call) => {
      const status = modelStatusOf(call.fields.status);
      if (!status.ok) return status;
      const model = await found(call);
      if (!model.ok) return model;
      await updateLoggedModel(table, call.project.project, model.value, { status: status.value });
      return done({ model: loggedModelAnswer({ ...model.value, status: status.value, updatedAt: Date.now() }) });
    },

    deleteLoggedModel: async (call) => {
      const model = await found(call);
      if (!model.ok) return model;
      const needed = await neededBy(REGISTRY_TABLE, call.project.project, { model: model.value.modelId });
      if (needed) return refuse('RESOURCE_CONFLICT', `Logged model ${model.value.modelId} is the source of ${needed} and can't be deleted while that version is there`);
      await updateLoggedModel(table, call.project.project, model.value, { lifecycle: 'deleted' });
      return done({});
    },

    searchLoggedModels: async ({ project, fields }) => {
      const question = readModelQuestion(fields.filter, fields.datasets, fields.order_by);
      if (!question.ok) return question;
      const asked = { experiment_ids: fields.experiment_ids, filter_string: fields.filter || null, order_by: fields.order_by, datasets: fields.datasets };
      const offset = offsetOf(fields.page_token, asked);
      if (!offset.ok) return offset;
      const size = pageSize(fields.max_results || undefined, { least: 1, most: MOST, unset: 100 });
      if (!size.ok) return size;
      const documents = (await Promise.all([...new Set(fields.experiment_ids)].map((id) => listLoggedModels(table, project.project, id)))).flat();
      const models = await Promise.all(documents.filter(({ lifecycle }) => lifecycle === 'active').map((document) => withMetrics(table, project.project, document)));
      const { items, next } = pageOf(answerModelQuestion(models, question.value), offset.value, size.value, asked, fitting(loggedModelAnswer));
      return done({ ...(items.length > 0 ? { models: items.map(loggedModelAnswer) } : {}), next_page_token: next });
    },

    logLoggedModelParams: async (call) => {
      const params = readParams(call.fields.params);
      if (!params.ok) return params;
      const model = await found(call);
      if (!model.ok) return model;
      await setModelEntries(table, call.project.project, model.value, 'params', params.value);
      return done({});
    },

    setLoggedModelTags: async (call) => {
      const model = await found(call);
      if (!model.ok) return model;
      await setModelEntries(table, call.project.project, model.value, 'tags', tagsOf(call.fields.tags));
      return done({});
    },

    deleteLoggedModelTag: async (call) => {
      const model = await found(call);
      if (!model.ok) return model;
      const key = call.params['tag_key']!;
      const deleted = await deleteModelTag(table, call.project.project, model.value, key);
      return deleted ? done({}) : absent(`No tag with key ${quoted(key)} found for model with ID ${quoted(model.value.modelId)}.`);
    },
  };
};
