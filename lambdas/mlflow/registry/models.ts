import type { Call, Operations } from '../../adapters/mlflow-api.ts';
import { createModel, deleteModel, getModel, getVersionView, listModels, listVersionViews, renameModel, setAlias, updateModel } from '../../adapters/registered-model-store.ts';
import { publishRegistryEvent } from '../../adapters/registry-events.ts';
import { type Outcome, done } from '../../contracts/outcome.ts';
import type { RegisteredModel } from '../../contracts/registered-model.ts';
import type { RegistryChange } from '../../contracts/registry-event.ts';
import { fitting } from '../../domain/mlflow/answer-room.ts';
import { latestByStage, modelAnswer, versionAnswer } from '../../domain/mlflow/registry-answers.ts';
import { absent, invalid, refuse } from '../../domain/mlflow/refusals.ts';
import { ALIAS_OF_PRODUCTION } from '../../domain/registry/mlflow-stage.ts';
import { mayBeCalled, mayBeDeleted } from '../../domain/registry/production-name.ts';
import { tagsOf } from '../../domain/tracking/experiments.ts';
import { checkAlias, checkKey, checkModelName, checkNewAlias, checkRegistryTag, checkVersion, quoted } from '../../domain/tracking/names.ts';
import { offsetOf, pageOf, pageSize } from '../../domain/tracking/search/page.ts';
import { searchModels } from '../../domain/tracking/search/registry.ts';
import { checkStages } from '../../domain/registry/stages.ts';

type Operation =
  | 'createRegisteredModel'
  | 'getRegisteredModel'
  | 'updateRegisteredModel'
  | 'renameRegisteredModel'
  | 'deleteRegisteredModel'
  | 'searchRegisteredModels'
  | 'getLatestVersions'
  | 'setRegisteredModelTag'
  | 'deleteRegisteredModelTag'
  | 'setAlias'
  | 'getVersionByAlias'
  | 'deleteAlias';

const MOST = 1000;
const IS_PROMPT = 'mlflow.prompt.is_prompt';

export const modelMissing = (name: string): Outcome<never> => absent(`Registered Model with name=${name} not found`);
export const versionMissing = (name: string, version: number | string): Outcome<never> => absent(`Model Version (name=${name}, version=${version}) not found`);

export const modelOperations = ({ REGISTRY_TABLE: table, REGISTRY_BUS }: { REGISTRY_TABLE: string; REGISTRY_BUS: string }): Operations<Operation> => {
  const tell = (change: RegistryChange) => publishRegistryEvent(REGISTRY_BUS, change);
  const found = async ({ project, audit }: Pick<Call<Operation>, 'project' | 'audit'>, name: string): Promise<Outcome<RegisteredModel>> => {
    const valid = checkModelName(name);
    if (!valid.ok) return valid;
    const model = await getModel(table, project.project, name);
    if (!model) return modelMissing(name);
    audit['model'] = name;
    return done(model);
  };
  const answer = async (project: string, model: RegisteredModel) => ({ registered_model: modelAnswer(model, await listVersionViews(table, project, model)) });

  return {
    createRegisteredModel: async ({ project, fields, audit }) => {
      const valid = checkModelName(fields.name);
      if (!valid.ok) return valid;
      for (const { key, value } of fields.tags) {
        const tag = checkRegistryTag(key, value);
        if (!tag.ok) return tag;
      }
      const tags = tagsOf(fields.tags);
      audit['model'] = fields.name;
      const model = await createModel(table, project.project, { name: fields.name, tags, ...(fields.description ? { description: fields.description } : {}) });
      if (model) {
        await tell({ project: project.project, type: 'registered_model.created', data: { name: model.name, tags, description: model.description ?? null } });
        return done({ registered_model: modelAnswer(model, []) });
      }
      const standing = await getModel(table, project.project, fields.name);
      const nounOf = (of: Record<string, string>) => (of[IS_PROMPT] === 'true' ? 'Prompt' : 'Registered Model');
      const [old, wanted] = [nounOf(standing?.tags ?? {}), nounOf(tags)];
      return refuse(
        'RESOURCE_ALREADY_EXISTS',
        old === wanted
          ? `${wanted} (name=${fields.name}) already exists.`
          : `Tried to create a ${wanted.toLowerCase()} with name ${quoted(fields.name)}, but the name is already taken by a ${old.toLowerCase()}. MLflow does not allow creating a model and a prompt with the same name.`,
      );
    },

    getRegisteredModel: async (call) => {
      const model = await found(call, call.fields.name);
      return model.ok ? done(await answer(call.project.project, model.value)) : model;
    },

    updateRegisteredModel: async (call) => {
      const standing = await found(call, call.fields.name);
      if (!standing.ok) return standing;
      const model = await updateModel(table, call.project.project, call.fields.name, { set: { description: call.fields.description || undefined, updatedAt: Date.now() } });
      return model ? done(await answer(call.project.project, model)) : modelMissing(call.fields.name);
    },

    renameRegisteredModel: async (call) => {
      const { name, new_name: newName } = call.fields;
      const valid = checkModelName(newName, 'new_name');
      if (!valid.ok) return valid;
      const model = await found(call, name);
      if (!model.ok) return model;
      const own = (await listVersionViews(table, call.project.project, model.value)).find(({ clinical }) => clinical);
      if (own) return refuse('PERMISSION_DENIED', `${name} has versions that this installation trained; its signatures name it so and it can't be renamed`);
      const renamed = await renameModel(table, call.project.project, name, newName);
      return renamed ? done(await answer(call.project.project, renamed)) : refuse('RESOURCE_ALREADY_EXISTS', `Registered Model (name=${newName}) already exists.`);
    },

    deleteRegisteredModel: async (call) => {
      const model = await found(call, call.fields.name);
      if (!model.ok) return model;
      const views = await listVersionViews(table, call.project.project, model.value);
      for (const view of views) {
        const allowed = mayBeDeleted(view);
        if (!allowed.ok) return allowed;
      }
      await deleteModel(table, call.project.project, model.value, views, call.caller.username);
      return done({});
    },

    searchRegisteredModels: async ({ project, fields }) => {
      const size = pageSize(fields.max_results, { least: 1, most: MOST, unset: 100 });
      if (!size.ok) return size;
      const offset = offsetOf(fields.page_token);
      if (!offset.ok) return offset;
      const models = searchModels(await listModels(table, project.project), fields.filter, fields.order_by);
      if (!models.ok) return models;
      const wanted = models.value.slice(offset.value, offset.value + size.value);
      const answers = new Map(await Promise.all(wanted.map(async (model) => [model, modelAnswer(model, await listVersionViews(table, project.project, model))] as const)));
      const told = (model: RegisteredModel) => answers.get(model);
      const { items, next } = pageOf(models.value, offset.value, size.value, {}, fitting(told));
      return done({ ...(items.length > 0 ? { registered_models: items.map(told) } : {}), next_page_token: next });
    },

    getLatestVersions: async (call) => {
      const model = await found(call, call.fields.name);
      if (!model.ok) return model;
      const stages = checkStages(call.fields.stages);
      if (!stages.ok) return stages;
      const views = latestByStage(await listVersionViews(table, call.project.project, model.value)).filter(({ stage }) => stages.value.includes(stage));
      return done(views.length > 0 ? { model_versions: views.map(versionAnswer) } : {});
    },

    setRegisteredModelTag: async (call) => {
      const { key, value = '' } = call.fields;
      const name = checkModelName(call.fields.name);
      if (!name.ok) return name;
      const valid = checkRegistryTag(key, value);
      if (!valid.ok) return valid;
      const model = await found(call, call.fields.name);
      if (!model.ok) return model;
      await updateModel(table, call.project.project, model.value.name, { entry: { map: 'tags', key, value } });
      return done({});
    },

    deleteRegisteredModelTag: async (call) => {
      const valid = checkKey(call.fields.key, 'key');
      const model = await found(call, call.fields.name);
      if (!model.ok) return model;
      if (!valid.ok) return valid;
      await updateModel(table, call.project.project, model.value.name, { entry: { map: 'tags', key: call.fields.key, value: undefined } });
      return done({});
    },

    setAlias: async (call) => {
      const { alias } = call.fields;
      const name = checkModelName(call.fields.name);
      if (!name.ok) return name;
      const valid = checkNewAlias(alias);
      if (!valid.ok) return valid;
      const version = checkVersion(call.fields.version);
      if (!version.ok) return version;
      const model = await found(call, call.fields.name);
      if (!model.ok) return model.problem.status === 404 ? versionMissing(call.fields.name, version.value) : model;
      const view = await getVersionView(table, call.project.project, model.value, version.value);
      if (!view) return versionMissing(call.fields.name, version.value);
      if (alias.toLowerCase() === ALIAS_OF_PRODUCTION) {
        const allowed = mayBeCalled(alias, call.project, view);
        if (!allowed.ok) return allowed;
      }
      Object.assign(call.audit, { alias, version: view.version });
      await setAlias(table, call.project.project, model.value, alias, view.version, call.caller.username);
      await tell({ project: call.project.project, type: 'model_version_alias.created', data: { name: view.name, alias, version: String(view.version) } });
      return done({});
    },

    getVersionByAlias: async (call) => {
      const { alias } = call.fields;
      const valid = checkAlias(alias);
      if (!valid.ok) return valid;
      const model = await found(call, call.fields.name);
      if (!model.ok) return model;
      if (alias.toLowerCase() === 'latest') {
        const newest = (await listVersionViews(table, call.project.project, model.value)).at(-1);
        return newest ? done({ model_version: versionAnswer(newest) }) : absent(`Latest version not found for model ${call.fields.name}.`);
      }
      const version = Object.hasOwn(model.value.aliases, alias) ? model.value.aliases[alias]! : undefined;
      const view = version === undefined ? null : await getVersionView(table, call.project.project, model.value, version);
      return view ? done({ model_version: versionAnswer(view) }) : invalid(`Registered model alias ${alias} not found.`);
    },

    deleteAlias: async (call) => {
      const valid = checkAlias(call.fields.alias);
      if (!valid.ok) return valid;
      const model = await found(call, call.fields.name);
      if (!model.ok) return model;
      call.audit['alias'] = call.fields.alias;
      await setAlias(table, call.project.project, model.value, call.fields.alias, null, call.caller.username);
      await tell({ project: call.project.project, type: 'model_version_alias.deleted', data: { name: model.value.name, alias: call.fields.alias } });
      return done({});
    },
  };
};
