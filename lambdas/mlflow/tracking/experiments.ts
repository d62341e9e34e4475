import type { Call, Operations } from '../../adapters/mlflow-api.ts';
import {
  createExperiment,
  getExperiment,
  getExperimentByName,
  listExperiments,
  renameExperiment,
  setExperimentLifecycle,
  setExperimentTag,
} from '../../adapters/tracking/experiment-store.ts';
import { runsWithDatasets } from '../../adapters/tracking/run-search.ts';
import { type Outcome, done } from '../../contracts/outcome.ts';
import type { Experiment } from '../../contracts/tracking.ts';
import { fitting } from '../../domain/mlflow/answer-room.ts';
import { experimentAnswer } from '../../domain/mlflow/answers.ts';
import { absent, invalid, refuse } from '../../domain/mlflow/refusals.ts';
import { datasetSummaries } from '../../domain/tracking/datasets.ts';
import { experimentMissing, experimentIdOf, newExperiment, viewOf, isIn, activeExperiment } from '../../domain/tracking/experiments.ts';
import { checkExperimentName, checkExperimentTag } from '../../domain/tracking/names.ts';
import { searchExperiments } from '../../domain/tracking/search/experiments.ts';
import { offsetOf, pageOf, pageSize } from '../../domain/tracking/search/page.ts';

type Operation =
  | 'createExperiment'
  | 'getExperiment'
  | 'getExperimentByName'
  | 'deleteExperiment'
  | 'restoreExperiment'
  | 'updateExperiment'
  | 'searchExperiments'
  | 'setExperimentTag'
  | 'deleteExperimentTag'
  | 'searchDatasets';

const MOST = 50_000;
const MOST_EXPERIMENTS = 20;
const MOST_SUMMARIES = 1000;

export const experimentOperations = ({ TRACKING_TABLE: table }: { TRACKING_TABLE: string }): Operations<Operation> => {
  const found = async ({ project }: Call<Operation>, experimentId: string): Promise<Outcome<Experiment>> => {
    const id = experimentIdOf(experimentId);
    if (!id.ok) return id;
    const experiment = await getExperiment(table, project.project, id.value);
    return experiment ? done(experiment) : experimentMissing(id.value);
  };

  const moved = async (call: Call<'deleteExperiment' | 'restoreExperiment'>, lifecycle: Experiment['lifecycle']): Promise<Outcome<unknown>> => {
    const experiment = await found(call, call.fields.experiment_id);
    if (!experiment.ok) return experiment;
    call.audit['experimentId'] = experiment.value.experimentId;
    const changed = await setExperimentLifecycle(table, call.project.project, experiment.value.experimentId, lifecycle);
    return changed ? done({}) : experimentMissing(experiment.value.experimentId);
  };

  const tagged = async (call: Call<'setExperimentTag' | 'deleteExperimentTag'>, value: string | undefined): Promise<Outcome<unknown>> => {
    const experiment = await found(call, call.fields.experiment_id);
    if (!experiment.ok) return experiment;
    const active = activeExperiment(experiment.value);
    if (!active.ok) return active;
    const { experimentId, tags } = experiment.value;
    const { key } = call.fields;
    if (value === undefined && !Object.hasOwn(tags, key)) return absent(`No tag with name: ${key} in experiment with id ${experimentId}`);
    Object.assign(call.audit, { experimentId, key });
    await setExperimentTag(table, call.project.project, experimentId, key, value);
    return done({});
  };

  return {
    createExperiment: async ({ project, fields, audit }) => {
      const wanted = newExperiment(fields);
      if (!wanted.ok) return wanted;
      const made = await createExperiment(table, project.project, wanted.value);
      if (!made) return refuse('RESOURCE_ALREADY_EXISTS', `Experiment(name=${fields.name}) already exists.`);
      audit['experimentId'] = made.experimentId;
      return done({ experiment_id: made.experimentId });
    },

    getExperiment: async (call) => {
      const experiment = await found(call, call.fields.experiment_id);
      return experiment.ok ? done({ experiment: experimentAnswer(experiment.value) }) : experiment;
    },

    getExperimentByName: async ({ project, fields }) => {
      const experiment = await getExperimentByName(table, project.project, fields.experiment_name);
      return experiment ? done({ experiment: experimentAnswer(experiment) }) : absent(`Could not find experiment with name '${fields.experiment_name}'`);
    },

    deleteExperiment: (call) => moved(call, 'deleted'),
    restoreExperiment: (call) => moved(call, 'active'),

    updateExperiment: async (call) => {
      const valid = checkExperimentName(call.fields.new_name);
      if (!valid.ok) return valid;
      const experiment = await found(call, call.fields.experiment_id);
      if (!experiment.ok) return experiment;
      if (experiment.value.lifecycle !== 'active') return invalid('Cannot rename a non-active experiment.');
      call.audit['experimentId'] = experiment.value.experimentId;
      if (experiment.value.name === call.fields.new_name) return done({});
      const renamed = await renameExperiment(table, call.project.project, experiment.value, call.fields.new_name);
      return renamed ? done({}) : refuse('RESOURCE_ALREADY_EXISTS', `Experiment(name=${call.fields.new_name}) already exists.`);
    },

    searchExperiments: async ({ project, fields }) => {
      const view = viewOf(fields.view_type);
      if (!view.ok) return view;
      const size = pageSize(fields.max_results, { least: 1, most: MOST, unset: 1000 });
      if (!size.ok) return size;
      const offset = offsetOf(fields.page_token);
      if (!offset.ok) return offset;
      const all = await listExperiments(table, project.project);
      const sorted = searchExperiments(
        all.filter(({ lifecycle }) => isIn(view.value, lifecycle)),
        fields.filter,
        fields.order_by,
      );
      if (!sorted.ok) return sorted;
      const { items, next } = pageOf(sorted.value, offset.value, size.value, {}, fitting(experimentAnswer));
      return done({ experiments: items.map(experimentAnswer), next_page_token: next });
    },

    setExperimentTag: async (call) => {
      const value = call.fields.value ?? '';
      const valid = checkExperimentTag(call.fields.key, value);
      return valid.ok ? tagged(call, value) : valid;
    },
    deleteExperimentTag: (call) => tagged(call, undefined),

    searchDatasets: async ({ project, fields }) => {
      const ids = fields.experiment_ids;
      if (ids.length === 0) return invalid('SearchDatasets request must specify at least one experiment_id.');
      if (ids.length > MOST_EXPERIMENTS) {
        return invalid(`SearchDatasets request cannot specify more than ${MOST_EXPERIMENTS} experiment_ids. Received ${ids.length} experiment_ids.`);
      }
      const used = (await Promise.all([...new Set(ids)].map((id) => runsWithDatasets(table, project.project, id)))).flat();
      return done({ dataset_summaries: datasetSummaries(used).slice(0, MOST_SUMMARIES) });
    },
  };
};
