import type { DatasetInput, Experiment, LoggedModel, Metric, RunHead, Tags, TrackedRun } from '../../contracts/tracking.ts';

/** Entities as protobuf's JSON has them: snake case, unset members and empty lists omitted, NaN and infinities as text. */
type Json = Record<string, unknown>;

const set = (members: Json): Json => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)));
export const pairs = (tags: Tags): { key: string; value: string }[] => Object.entries(tags).map(([key, value]) => ({ key, value }));
export const number = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

export const experimentAnswer = ({ experimentId, name, artifactLocation, lifecycle, createdAt, updatedAt, tags }: Experiment): Json =>
  set({
    experiment_id: experimentId,
    name,
    artifact_location: artifactLocation,
    lifecycle_stage: lifecycle,
    last_update_time: updatedAt,
    creation_time: createdAt,
    tags: pairs(tags),
  });

export const metricAnswer = ({ key, value, timestamp, step, modelId, datasetName, datasetDigest, runId }: Metric): Json =>
  set({ key, value: number(value), timestamp, step, dataset_name: datasetName, dataset_digest: datasetDigest, model_id: modelId, run_id: runId });

export const runInfoAnswer = (run: RunHead): Json =>
  set({
    run_uuid: run.runId,
    run_id: run.runId,
    experiment_id: run.experimentId,
    run_name: run.name,
    user_id: run.userId,
    status: run.status,
    start_time: run.startTime,
    end_time: run.endTime,
    artifact_uri: run.artifactUri,
    lifecycle_stage: run.lifecycle,
  });

const datasetInputAnswer = ({ dataset, tags }: DatasetInput): Json => ({
  tags: pairs(tags),
  dataset: set({ name: dataset.name, digest: dataset.digest, source_type: dataset.sourceType, source: dataset.source, schema: dataset.schema, profile: dataset.profile }),
});

export const runAnswer = (run: TrackedRun): Json => ({
  info: runInfoAnswer(run),
  data: set({ metrics: Object.values(run.metrics).map(metricAnswer), params: pairs(run.params), tags: pairs(run.tags) }),
  inputs: set({ dataset_inputs: run.datasets.map(datasetInputAnswer), model_inputs: run.modelInputs.map((model_id) => ({ model_id })) }),
  outputs: set({ model_outputs: run.modelOutputs.map(({ modelId, step }) => ({ model_id: modelId, step })) }),
});

export const loggedModelAnswer = (model: LoggedModel): Json => ({
  info: set({
    model_id: model.modelId,
    experiment_id: model.experimentId,
    name: model.name,
    creation_timestamp_ms: model.createdAt,
    last_updated_timestamp_ms: model.updatedAt,
    artifact_uri: model.artifactUri,
    status: model.status,
    model_type: model.modelType,
    source_run_id: model.sourceRunId,
    tags: pairs(model.tags),
  }),
  data: set({ params: pairs(model.params), metrics: model.metrics.map(metricAnswer) }),
});
