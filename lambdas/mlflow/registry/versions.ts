import type { Call, Operations } from '../../adapters/mlflow-api.ts';
import { createVersion, deleteVersion, getModel, getVersionView, listModels, listVersionViews, moveStages, updateVersion } from '../../adapters/registered-model-store.ts';
import { getLoggedModel, setModelEntries } from '../../adapters/tracking/logged-model-store.ts';
import { publishRegistryEvent } from '../../adapters/registry-events.ts';
import { type Outcome, done } from '../../contracts/outcome.ts';
import type { RegistryChange } from '../../contracts/registry-event.ts';
import type { RegisteredModel, VersionView } from '../../contracts/registered-model.ts';
import type { LoggedModel } from '../../contracts/tracking.ts';
import { fitting } from '../../domain/mlflow/answer-room.ts';
import { absent, invalid } from '../../domain/mlflow/refusals.ts';
import { versionAnswer } from '../../domain/mlflow/registry-answers.ts';
import { checkSource, readModelUri } from '../../domain/registry/model-source.ts';
import { mayBeCalled, mayBeDeleted, mayBeMoved } from '../../domain/registry/production-name.ts';
import { checkArchiving, checkStage } from '../../domain/registry/stages.ts';
import { tagsOf } from '../../domain/tracking/experiments.ts';
import { checkKey, checkModelName, checkRegistryTag, checkVersion } from '../../domain/tracking/names.ts';
import { offsetOf, pageOf, pageSize } from '../../domain/tracking/search/page.ts';
import { namedModel, searchVersions } from '../../domain/tracking/search/registry.ts';
import { modelMissing, versionMissing } from './models.ts';

type Operation =
  | 'createModelVersion'
  | 'getRegisteredVersion'
  | 'updateModelVersion'
  | 'transitionStage'
  | 'deleteModelVersion'
  | 'getDownloadUri'
  | 'searchModelVersions'
  | 'setModelVersionTag'
  | 'deleteModelVersionTag';

const MOST = 200_000;
const MODEL_VERSIONS = 'mlflow.modelVersions';
type Registration = { name: string; version: number };
/** As MLflow's server spells the tag, which its clients compare. */
const pythonList = (registrations: readonly Registration[]) =>
  `[${registrations.map(({ name, version }) => `{"name": ${JSON.stringify(name)}, "version": ${version}}`).join(', ')}]`;

export const versionOperations = ({
  REGISTRY_TABLE: table,
  TRACKING_TABLE,
  REGISTRY_BUS,
}: {
  REGISTRY_TABLE: string;
  TRACKING_TABLE: string;
  REGISTRY_BUS: string;
}): Operations<Operation> => {
  const tell = (change: RegistryChange) => publishRegistryEvent(REGISTRY_BUS, change);
  const found = async (
    { project, audit }: Pick<Call<Operation>, 'project' | 'audit'>,
    name: string,
    text: string,
  ): Promise<Outcome<{ model: RegisteredModel; view: VersionView }>> => {
    const valid = checkModelName(name);
    if (!valid.ok) return valid;
    const version = checkVersion(text);
    if (!version.ok) return version;
    const model = await getModel(table, project.project, name);
    const view = model && (await getVersionView(table, project.project, model, version.value));
    if (!view) return versionMissing(name, version.value);
    Object.assign(audit, { model: name, version: view.version });
    return done({ model, view });
  };
  const again = async (project: string, model: RegisteredModel, version: number) => done({ model_version: versionAnswer((await getVersionView(table, project, model, version))!) });

  /** Where the artifacts of another model lie, for a version whose source is that model. */
  const located = async (project: string, source: string): Promise<Outcome<{ location: string; runId?: string }>> => {
    if (!source.startsWith('models:')) return done({ location: source });
    const uri = readModelUri(source);
    if (!uri.ok) return uri;
    const unknown = absent(`Unable to fetch model from model URI source artifact location '${source}'.`);
    if ('modelId' in uri.value) {
      const logged = await getLoggedModel(TRACKING_TABLE, project, uri.value.modelId);
      return logged ? done({ location: logged.artifactUri, ...(logged.sourceRunId ? { runId: logged.sourceRunId } : {}) }) : unknown;
    }
    const model = await getModel(table, project, uri.value.name);
    if (!model) return unknown;
    const wanted = uri.value;
    const version =
      'version' in wanted
        ? wanted.version
        : 'alias' in wanted
          ? model.aliases[wanted.alias]
          : (await listVersionViews(table, project, model)).findLast(({ stage }) => stage.toLowerCase() === wanted.stage.toLowerCase())?.version;
    const view = version === undefined ? null : await getVersionView(table, project, model, version);
    return view ? done({ location: view.location }) : unknown;
  };

  const noteRegistration = (project: string, logged: LoggedModel, view: VersionView): Promise<boolean> => {
    const before = logged.tags[MODEL_VERSIONS];
    const entry: Registration = { name: view.name, version: view.version };
    return setModelEntries(TRACKING_TABLE, project, logged, 'tags', { [MODEL_VERSIONS]: pythonList([...(before ? (JSON.parse(before) as Registration[]) : []), entry]) });
  };

  return {
    createModelVersion: async (call) => {
      const { project, fields, caller, audit } = call;
      const valid = checkModelName(fields.name);
      if (!valid.ok) return valid;
      const tags = tagsOf(fields.tags);
      for (const { key, value } of fields.tags) {
        const tag = checkRegistryTag(key, value);
        if (!tag.ok) return tag;
      }
      const source = checkSource(fields.source, 'mlflow.prompt.is_prompt' in tags);
      if (!source.ok) return source;
      const logged = fields.model_id ? await getLoggedModel(TRACKING_TABLE, project.project, fields.model_id) : null;
      if (fields.model_id && !logged) return absent(`Logged model with ID '${fields.model_id}' not found.`);
      const place = await located(project.project, fields.source);
      if (!place.ok) return place;
      const runId = fields.run_id || logged?.sourceRunId || place.value.runId;
      const view = await createVersion(table, project.project, fields.name, {
        userId: caller.username,
        source: fields.source,
        location: place.value.location,
        tags,
        ...(runId ? { runId } : {}),
        ...(fields.run_link ? { runLink: fields.run_link } : {}),
        ...(fields.description ? { description: fields.description } : {}),
        ...(fields.model_id ? { modelId: fields.model_id } : {}),
      });
      if (!view) return modelMissing(fields.name);
      Object.assign(audit, { model: view.name, version: view.version, ...(runId ? { runId } : {}) });
      if (logged) await noteRegistration(project.project, logged, view);
      const { name, source: from } = view;
      await tell({
        project: project.project,
        type: 'model_version.created',
        data: { name, version: String(view.version), source: from, run_id: view.runId ?? null, tags, description: view.description ?? null },
      });
      return done({ model_version: versionAnswer(view) });
    },

    getRegisteredVersion: async (call) => {
      const version = await found(call, call.fields.name, call.fields.version);
      return version.ok ? done({ model_version: versionAnswer(version.value.view) }) : version;
    },

    updateModelVersion: async (call) => {
      const version = await found(call, call.fields.name, call.fields.version);
      if (!version.ok) return version;
      const { model, view } = version.value;
      await updateVersion(table, call.project.project, model, view.version, { set: { description: call.fields.description || undefined, updatedAt: Date.now() } as never });
      return again(call.project.project, model, view.version);
    },

    transitionStage: async (call) => {
      const { project, fields, caller, audit } = call;
      const stage = checkStage(fields.stage);
      if (!stage.ok) return stage;
      const archive = fields.archive_existing_versions ?? false;
      const archiving = checkArchiving(stage.value, archive);
      if (!archiving.ok) return archiving;
      const version = await found(call, fields.name, fields.version);
      if (!version.ok) return version;
      const { model, view } = version.value;
      const movable = mayBeMoved(view);
      if (!movable.ok) return movable;
      if (stage.value === 'Production') {
        const allowed = mayBeCalled('Production', project, view);
        if (!allowed.ok) return allowed;
      }
      audit['stage'] = stage.value;
      for (let attempt = 0; attempt < 5; attempt++) {
        const views = await listVersionViews(table, project.project, model);
        const others = archive ? views.filter((other) => other.version !== view.version && other.stage === stage.value && !other.clinical) : [];
        const own = views.find((other) => other.version === view.version);
        if (!own) return versionMissing(fields.name, view.version);
        const moves = [
          ...(own.stage === stage.value ? [] : [{ version: own.version, from: own.stage, to: stage.value }]),
          ...others.map((other) => ({ version: other.version, from: other.stage, to: 'Archived' as const })),
        ];
        if (await moveStages(table, project.project, model, moves, caller.username)) {
          for (const { version, from, to } of moves) {
            await tell({ project: project.project, type: 'model_version_stage.changed', data: { name: model.name, version: String(version), from_stage: from, to_stage: to } });
          }
          return again(project.project, model, view.version);
        }
      }
      throw new Error(`versions of ${fields.name} were moved 5 times while one waited`);
    },

    deleteModelVersion: async (call) => {
      const version = await found(call, call.fields.name, call.fields.version);
      if (!version.ok) return version;
      const allowed = mayBeDeleted(version.value.view);
      if (!allowed.ok) return allowed;
      await deleteVersion(table, call.project.project, version.value.model, version.value.view, call.caller.username);
      return done({});
    },

    getDownloadUri: async (call) => {
      const version = await found(call, call.fields.name ?? '', call.fields.version ?? '');
      return version.ok ? done({ artifact_uri: version.value.view.location }) : version;
    },

    searchModelVersions: async ({ project, fields }) => {
      const given = fields.max_results;
      if (given !== undefined && given < 1) return invalid(`Invalid value for max_results. It must be a positive integer, but got ${given}`);
      const size = pageSize(given, { least: 1, most: MOST, unset: MOST });
      if (!size.ok) return size;
      const offset = offsetOf(fields.page_token);
      if (!offset.ok) return offset;
      const name = namedModel(fields.filter);
      const models = name === undefined ? await listModels(table, project.project) : [await getModel(table, project.project, name)].filter((model) => model !== null);
      const views = (await Promise.all(models.map((model) => listVersionViews(table, project.project, model)))).flat();
      const sorted = searchVersions(views, fields.filter, fields.order_by);
      if (!sorted.ok) return sorted;
      const { items, next } = pageOf(sorted.value, offset.value, size.value, {}, fitting(versionAnswer));
      return done({ ...(items.length > 0 ? { model_versions: items.map(versionAnswer) } : {}), next_page_token: next });
    },

    setModelVersionTag: async (call) => {
      const { key, value = '' } = call.fields;
      const name = checkModelName(call.fields.name);
      if (!name.ok) return name;
      const number = checkVersion(call.fields.version);
      if (!number.ok) return number;
      const valid = checkRegistryTag(key, value);
      if (!valid.ok) return valid;
      const version = await found(call, call.fields.name, call.fields.version);
      if (!version.ok) return version;
      await updateVersion(table, call.project.project, version.value.model, version.value.view.version, { entry: { key, value } });
      await tell({
        project: call.project.project,
        type: 'model_version_tag.set',
        data: { name: version.value.view.name, version: String(version.value.view.version), key, value },
      });
      return done({});
    },

    deleteModelVersionTag: async (call) => {
      const valid = checkKey(call.fields.key, 'key');
      const version = await found(call, call.fields.name, call.fields.version);
      if (!version.ok) return version;
      if (!valid.ok) return valid;
      await updateVersion(table, call.project.project, version.value.model, version.value.view.version, { entry: { key: call.fields.key, value: undefined } });
      await tell({
        project: call.project.project,
        type: 'model_version_tag.deleted',
        data: { name: version.value.view.name, version: String(version.value.view.version), key: call.fields.key },
      });
      return done({});
    },
  };
};
