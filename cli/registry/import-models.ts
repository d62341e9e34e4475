import { UsageError } from '../session.ts';
import { type Import, ifThere, placeOf } from './carrying.ts';
import { IMPORTED, count, withImported } from './imported.ts';
import { API, MlflowRefusal } from './mlflow.ts';
import { serverSource } from './server.ts';
import { type ModelVersion, PROMPT, type RegisteredModel, pairsOf, tagsOf } from './source.ts';

/** Numbers without a version in the source are given to these until all are made, so that the others keep theirs. */
const PLACEHOLDER_SOURCE = 'mlflow-artifacts:/placeholder';

export const importModels = async (the: Import): Promise<void> => {
  for await (const model of the.source.models()) {
    await placeModel(the, model);
    await importVersions(the, model);
    await importAliases(the, model);
    the.tell(`${the.report.carried['modelVersions'] ?? 0} model versions`);
  }
};

const placeModel = async ({ source, target, report }: Import, model: RegisteredModel): Promise<void> => {
  const { name, description } = model;
  const standing = await ifThere(target.get<{ registered_model: RegisteredModel }>(`${API}/registered-models/get`, { name }));
  if (standing) {
    const ours = tagsOf(standing.registered_model.tags)[IMPORTED.source] === source.origin;
    if (!ours) throw new UsageError(`registered model ${name} is in the project already and does not come from ${source.origin}`);
    return count(report.present, 'registeredModels');
  }
  const notes = { [IMPORTED.source]: source.origin, [IMPORTED.createdAt]: model.creation_timestamp, [IMPORTED.updatedAt]: model.last_updated_timestamp };
  await target.send('POST', `${API}/registered-models/create`, { name, description, tags: pairsOf(withImported(model.tags, notes)) }, { once: true });
  count(report.carried, 'registeredModels');
};

const importVersions = async (the: Import, model: RegisteredModel): Promise<void> => {
  const { name } = model;
  const { source, target, report } = the;
  const versions = await source.versions(model);
  const standing = new Map((await serverSource(target).versions(model)).map((version) => [Number(version.version), tagsOf(version.tags)]));
  const placeholders = [...standing].filter(([, tags]) => IMPORTED.placeholder in tags).map(([number]) => number);
  let last = Math.max(0, ...standing.keys());
  for (const version of versions) {
    const number = Number(version.version);
    for (; last < number - 1; last++) {
      placeholders.push(await createVersion(the, name, { source: PLACEHOLDER_SOURCE, tags: pairsOf({ [IMPORTED.placeholder]: 'true' }) }, last + 1));
    }
    const known = standing.get(number);
    if (known && known[IMPORTED.source] !== source.origin) throw new UsageError(`version ${number} of ${name} is in the project already and does not come from ${source.origin}`);
    if (known) count(report.present, 'modelVersions');
    else if (number > last) {
      last = await createVersion(the, name, versionOf(the, version), number);
      count(report.carried, 'modelVersions');
    } else {
      report.left.push({ what: `version ${number} of ${name}`, why: 'it was deleted in this project' });
      continue;
    }
    if (!known || !(IMPORTED.complete in known)) await completeVersion(the, version);
  }
  for (const number of placeholders) await target.send('DELETE', `${API}/model-versions/delete`, { name, version: String(number) });
  count(report.carried, 'versionNumbersWithoutVersion', placeholders.length);
};

const createVersion = async ({ target }: Import, name: string, body: object, expected: number): Promise<number> => {
  const made = await target.send<{ model_version: ModelVersion }>('POST', `${API}/model-versions/create`, { name, ...body }, { once: true });
  const number = Number(made.model_version.version);
  if (number !== expected) throw new Error(`version ${expected} of ${name} was given the number ${number}: somebody else registers versions of it`);
  return number;
};

const versionOf = (the: Import, version: ModelVersion): object => {
  const from = version.source ?? '';
  const model_id = version.model_id ? the.models.get(version.model_id)?.id : undefined;
  const notes = {
    [IMPORTED.source]: the.source.origin,
    [IMPORTED.runId]: version.run_id || undefined,
    [IMPORTED.artifactUri]: from || undefined,
    [IMPORTED.createdAt]: version.creation_timestamp,
    [IMPORTED.updatedAt]: version.last_updated_timestamp,
    [IMPORTED.userId]: version.user_id || undefined,
    [IMPORTED.stage]: version.current_stage || undefined,
  };
  const place = from.startsWith('models:/') && model_id ? `models:/${model_id}` : placeOf(the, version.location ?? from);
  const elsewhere = from.startsWith('/') ? `file://${from}` : from;
  if (!place && !tagsOf(version.tags)[PROMPT]) {
    the.report.left.push({
      what: `artifacts of version ${version.version} of ${version.name}`,
      why: `they lie at ${elsewhere}, below no run and no logged model that was carried`,
    });
  }
  return {
    source: place ?? unreadable(from),
    run_id: version.run_id ? the.runs.get(version.run_id)?.id : undefined,
    model_id,
    run_link: version.run_link || undefined,
    description: version.description || undefined,
    tags: pairsOf(withImported(version.tags, notes)),
  };
};

/** A path on the source server's disk is no address here; the tag keeps it. */
const unreadable = (source: string): string => (source.startsWith('/') || /^file:/i.test(source) ? PLACEHOLDER_SOURCE : source);

/** The stage, where it may be had without a signature. */
const completeVersion = async ({ target, report }: Import, { name, version, current_stage = 'None' }: ModelVersion): Promise<void> => {
  if (current_stage !== 'None') {
    const moved = await permitted(target.send('POST', `${API}/model-versions/transition-stage`, { name, version, stage: current_stage, archive_existing_versions: false }));
    if (moved) report.left.push({ what: `stage ${current_stage} of version ${version} of ${name}`, why: moved });
    else count(report.carried, 'stages');
  }
  await target.send('POST', `${API}/model-versions/set-tag`, { name, version, key: IMPORTED.complete, value: 'true' });
};

const importAliases = async ({ target, report }: Import, { name, aliases = [] }: RegisteredModel): Promise<void> => {
  if (aliases.length === 0) return;
  const { registered_model } = await target.get<{ registered_model: RegisteredModel }>(`${API}/registered-models/get`, { name });
  const standing = new Set(registered_model.aliases?.map(({ alias }) => alias));
  for (const { alias, version } of aliases) {
    // one that stands may have been set here since
    if (standing.has(alias)) {
      count(report.present, 'aliases');
      continue;
    }
    const set = await permitted(target.send('POST', `${API}/registered-models/alias`, { name, alias, version: String(version) }));
    if (set) report.left.push({ what: `alias ${alias} of version ${version} of ${name}`, why: set });
    else count(report.carried, 'aliases');
  }
};

/** Why it was not permitted; undefined: it was done. */
const permitted = async (asked: Promise<unknown>): Promise<string | undefined> => {
  try {
    await asked;
    return undefined;
  } catch (error) {
    if (error instanceof MlflowRefusal && (error.code === 'PERMISSION_DENIED' || error.code === 'RESOURCE_DOES_NOT_EXIST')) return error.message;
    throw error;
  }
};
