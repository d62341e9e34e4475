import pMap from 'p-map';
import { batches } from './batches.ts';
import { ABREAST, type Import, carryArtifacts } from './carrying.ts';
import { IMPORTED, count, withImported } from './imported.ts';
import { API } from './mlflow.ts';
import { serverSource } from './server.ts';
import { type LoggedModel, pairsOf, tagsOf } from './source.ts';

/** The registry writes it itself when a version is made of a logged model. */
const VERSIONS = 'mlflow.modelVersions';
const STATUS = ['LOGGED_MODEL_STATUS_UNSPECIFIED', 'LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED'];
const PARAMS = 100;
const BATCH_BYTES = 800_000;

export const importLoggedModels = async (the: Import): Promise<void> => {
  for (const { id, experiment } of the.experiments.values()) {
    const params = new Map<string, Record<string, string>>();
    for await (const { info, data } of serverSource(the.target).loggedModels(id)) {
      const tags = tagsOf(info.tags);
      if (tags[IMPORTED.source] !== the.source.origin || !tags[IMPORTED.modelId]) continue;
      the.models.set(tags[IMPORTED.modelId]!, { id: info.model_id, root: info.artifact_uri!, complete: IMPORTED.complete in tags, deleted: false, fresh: false });
      params.set(info.model_id, tagsOf(data?.params));
    }
    await pMap(the.source.loggedModels(experiment.experiment_id), (model) => importModel(the, id, model, params), { concurrency: ABREAST });
  }
  the.tell(`${the.models.size} logged models`);
};

/** `standing`: parameters by model of the target; a stock server refuses one that it has already. */
const importModel = async (the: Import, experiment_id: string, model: LoggedModel, standing: ReadonlyMap<string, Record<string, string>>): Promise<void> => {
  const { target, report, models, roots } = the;
  const { info } = model;
  const placed = models.get(info.model_id) ?? (await createModel(the, experiment_id, model));
  if (!placed.fresh) count(report.present, 'loggedModels');
  if (info.artifact_uri) roots.set(info.artifact_uri, placed.root);
  if (placed.complete) return;
  const known = standing.get(placed.id) ?? {};
  const missing = pairsOf(tagsOf(model.data?.params)).filter(({ key }) => !Object.hasOwn(known, key));
  for (const params of batches(missing, PARAMS, BATCH_BYTES)) {
    await target.send('POST', `${API}/logged-models/${placed.id}/params`, { model_id: placed.id, params });
  }
  const status = typeof info.status === 'number' ? STATUS[info.status] : info.status;
  const pending = status === 'LOGGED_MODEL_PENDING';
  const read = await carryArtifacts(the, { model: info.model_id }, placed, pending);
  if (status && !pending) await target.send('PATCH', `${API}/logged-models/${placed.id}`, { model_id: placed.id, status });
  if (!pending && read) await target.send('PATCH', `${API}/logged-models/${placed.id}/tags`, { model_id: placed.id, tags: [{ key: IMPORTED.complete, value: 'true' }] });
};

const createModel = async ({ source, target, report, models, runs }: Import, experiment_id: string, { info }: LoggedModel) => {
  const notes = {
    [IMPORTED.source]: source.origin,
    [IMPORTED.modelId]: info.model_id,
    [IMPORTED.createdAt]: info.creation_timestamp_ms,
    [IMPORTED.updatedAt]: info.last_updated_timestamp_ms,
    [IMPORTED.artifactUri]: info.artifact_uri,
  };
  const { [VERSIONS]: _, ...tags } = withImported(info.tags, notes);
  const source_run_id = info.source_run_id ? runs.get(info.source_run_id)?.id : undefined;
  const made = await target.send<{ model: LoggedModel }>(
    'POST',
    `${API}/logged-models`,
    { experiment_id, name: info.name, model_type: info.model_type, source_run_id, tags: pairsOf(tags) },
    { once: true },
  );
  const placed = { id: made.model.info.model_id, root: made.model.info.artifact_uri!, complete: false, deleted: false, fresh: true };
  models.set(info.model_id, placed);
  count(report.carried, 'loggedModels');
  return placed;
};
