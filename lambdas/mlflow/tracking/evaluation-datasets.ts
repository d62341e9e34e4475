import type { Call, Operations } from '../../adapters/mlflow-api.ts';
import {
  addToExperiments,
  createEvaluationDataset,
  deleteDatasetTag,
  deleteEvaluationDataset,
  getEvaluationDataset,
  listDatasetsOf,
  listEvaluationDatasets,
  listExperimentsOf,
  removeFromExperiments,
  setDatasetTags,
} from '../../adapters/tracking/evaluation-dataset-store.ts';
import { deleteRecords, pageOfRecords, upsertRecords } from '../../adapters/tracking/evaluation-record-store.ts';
import { getExperiment } from '../../adapters/tracking/experiment-store.ts';
import type { EvaluationDataset } from '../../contracts/evaluation-dataset.ts';
import { type Outcome, done } from '../../contracts/outcome.ts';
import { evaluationDatasetAnswer, evaluationRecordAnswer } from '../../domain/mlflow/evaluation-answers.ts';
import { absent, invalid } from '../../domain/mlflow/refusals.ts';
import { checkRoom, datasetMissing, newEvaluationDataset, readTags } from '../../domain/tracking/evaluation-datasets.ts';
import { MOST_RECORDS, cursorOf, cursorToken, readRecords } from '../../domain/tracking/evaluation-records.ts';
import { experimentIdOf, experimentMissing } from '../../domain/tracking/experiments.ts';
import { searchEvaluationDatasets } from '../../domain/tracking/search/evaluation-datasets.ts';
import { fitting } from '../../domain/mlflow/answer-room.ts';
import { offsetOf, pageOf, pageSize } from '../../domain/tracking/search/page.ts';

type Operation =
  | 'createEvaluationDataset'
  | 'getEvaluationDataset'
  | 'deleteEvaluationDataset'
  | 'searchEvaluationDatasets'
  | 'setEvaluationDatasetTags'
  | 'deleteEvaluationDatasetTag'
  | 'upsertEvaluationRecords'
  | 'getEvaluationRecords'
  | 'deleteEvaluationRecords'
  | 'getEvaluationDatasetExperiments'
  | 'addEvaluationDatasetToExperiments'
  | 'removeEvaluationDatasetFromExperiments';
type OfDataset = Pick<Call<Operation>, 'project' | 'params' | 'audit'>;

const MOST = 50_000;

/** Experiment ids as they are stored, each once. */
const idsOf = (given: readonly string[]): Outcome<string[]> => {
  const ids = new Set<string>();
  for (const text of given) {
    const id = experimentIdOf(text);
    if (!id.ok) return id;
    ids.add(id.value);
  }
  return done([...ids]);
};

export const evaluationDatasetOperations = ({ TRACKING_TABLE: table }: { TRACKING_TABLE: string }): Operations<Operation> => {
  const idOf = ({ params, audit }: OfDataset): string => {
    audit['datasetId'] = params['dataset_id']!;
    return params['dataset_id']!;
  };

  const found = async (call: OfDataset): Promise<Outcome<EvaluationDataset>> => {
    const datasetId = idOf(call);
    const dataset = await getEvaluationDataset(table, call.project.project, datasetId);
    return dataset ? done(dataset) : datasetMissing(datasetId);
  };

  const experimentsThatAre = async (project: string, given: readonly string[]): Promise<Outcome<string[]>> => {
    const ids = idsOf(given);
    if (!ids.ok) return ids;
    const experiments = await Promise.all(ids.value.map((id) => getExperiment(table, project, id)));
    const missing = experiments.indexOf(null);
    return missing < 0 ? ids : experimentMissing(ids.value[missing]!);
  };

  /** The dataset with its experiments, after it was added to some or removed from them. */
  const associated = async (call: OfDataset): Promise<Outcome<unknown>> => {
    const dataset = await found(call);
    if (!dataset.ok) return dataset;
    return done({ dataset: evaluationDatasetAnswer(dataset.value, await listExperimentsOf(table, call.project.project, dataset.value.datasetId)) });
  };

  return {
    createEvaluationDataset: async ({ project, fields, audit }) => {
      const dataset = newEvaluationDataset(fields.name, fields.tags);
      if (!dataset.ok) return dataset;
      const experiments = await experimentsThatAre(project.project, fields.experiment_ids);
      if (!experiments.ok) return experiments;
      await createEvaluationDataset(table, project.project, dataset.value, experiments.value);
      audit['datasetId'] = dataset.value.datasetId;
      return done({ dataset: evaluationDatasetAnswer(dataset.value, experiments.value) });
    },

    getEvaluationDataset: async (call) => {
      const dataset = await found(call);
      return dataset.ok ? done({ dataset: evaluationDatasetAnswer(dataset.value) }) : dataset;
    },

    deleteEvaluationDataset: async (call) => {
      await deleteEvaluationDataset(table, call.project.project, idOf(call));
      return done({});
    },

    searchEvaluationDatasets: async ({ project, fields }) => {
      const size = pageSize(fields.max_results || undefined, { least: 1, most: MOST, unset: 1000 });
      if (!size.ok) return size;
      const offset = offsetOf(fields.page_token);
      if (!offset.ok) return offset;
      const experiments = idsOf(fields.experiment_ids);
      if (!experiments.ok) return experiments;
      const datasets = experiments.value.length > 0 ? listDatasetsOf(table, project.project, experiments.value) : listEvaluationDatasets(table, project.project);
      const sorted = searchEvaluationDatasets(await datasets, fields.filter_string, fields.order_by);
      if (!sorted.ok) return sorted;
      const { items, next } = pageOf(sorted.value, offset.value, size.value, {}, fitting(evaluationDatasetAnswer));
      return done({ datasets: items.map((dataset) => evaluationDatasetAnswer(dataset)), next_page_token: next });
    },

    setEvaluationDatasetTags: async (call) => {
      const tags = readTags(call.fields.tags);
      if (!tags.ok) return tags;
      const dataset = await found(call);
      if (!dataset.ok) return dataset;
      const room = checkRoom({ ...dataset.value.tags, ...tags.value }, dataset.value.schema);
      if (!room.ok) return room;
      const { datasetId } = dataset.value;
      const isThere = Object.keys(tags.value).length === 0 || (await setDatasetTags(table, call.project.project, datasetId, tags.value));
      return isThere ? done({}) : datasetMissing(datasetId);
    },

    /** A tag or a dataset that is not there is deleted already. */
    deleteEvaluationDatasetTag: async (call) => {
      await deleteDatasetTag(table, call.project.project, idOf(call), call.params['key']!);
      return done({});
    },

    upsertEvaluationRecords: async (call) => {
      const datasetId = idOf(call);
      const records = readRecords(datasetId, call.fields.records);
      if (!records.ok) return records;
      const counts = await upsertRecords(table, call.project.project, datasetId, records.value);
      if (!counts.ok) return counts;
      Object.assign(call.audit, counts.value);
      return done({ inserted_count: counts.value.inserted, updated_count: counts.value.updated });
    },

    getEvaluationRecords: async (call) => {
      const size = pageSize(call.fields.max_results || undefined, { least: 1, most: MOST, unset: 1000 });
      if (!size.ok) return size;
      const after = cursorOf(call.fields.page_token);
      if (!after.ok) return after;
      const dataset = await found(call);
      if (!dataset.ok) return dataset;
      const { datasetId } = dataset.value;
      const { records, next } = await pageOfRecords(table, call.project.project, datasetId, after.value, size.value);
      return done({ records: JSON.stringify(records.map((record) => evaluationRecordAnswer(datasetId, record))), ...(next ? { next_page_token: cursorToken(next) } : {}) });
    },

    deleteEvaluationRecords: async (call) => {
      const ids = call.fields.dataset_record_ids;
      if (ids.length > MOST_RECORDS) return invalid(`A request may name up to ${MOST_RECORDS} records, got ${ids.length}`);
      const deleted = await deleteRecords(table, call.project.project, idOf(call), ids);
      if (!deleted.ok) return deleted;
      call.audit['deleted'] = deleted.value;
      return done({ deleted_count: deleted.value });
    },

    getEvaluationDatasetExperiments: async (call) => done({ experiment_ids: await listExperimentsOf(table, call.project.project, idOf(call)) }),

    addEvaluationDatasetToExperiments: async (call) => {
      const dataset = await found(call);
      if (!dataset.ok) return absent(`Dataset '${call.params['dataset_id']}' not found`);
      const experiments = await experimentsThatAre(call.project.project, call.fields.experiment_ids);
      if (!experiments.ok) return experiments;
      await addToExperiments(table, call.project.project, dataset.value.datasetId, experiments.value, Date.now());
      return associated(call);
    },

    removeEvaluationDatasetFromExperiments: async (call) => {
      const experiments = idsOf(call.fields.experiment_ids);
      if (!experiments.ok) return experiments;
      const dataset = await found(call);
      if (!dataset.ok) return absent(`Dataset '${call.params['dataset_id']}' not found`);
      await removeFromExperiments(table, call.project.project, dataset.value.datasetId, experiments.value, Date.now());
      return associated(call);
    },
  };
};
