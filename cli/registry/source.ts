/** What a project is read from: a server or an archive. Entities are as MLflow's protocol has them. */
export type Pair = { key: string; value?: string };
export type Metric = {
  key: string;
  value: number | string;
  timestamp: number;
  step?: number;
  model_id?: string;
  dataset_name?: string;
  dataset_digest?: string;
  run_id?: string;
};
export type Experiment = {
  experiment_id: string;
  name: string;
  artifact_location?: string;
  lifecycle_stage?: string;
  creation_time?: number;
  last_update_time?: number;
  tags?: Pair[];
};
export type DatasetInput = { dataset: Record<string, string | undefined> & { name: string; digest: string }; tags?: Pair[] };
export type Run = {
  info: {
    run_id: string;
    experiment_id: string;
    run_name?: string;
    user_id?: string;
    status?: string;
    start_time?: number;
    end_time?: number;
    artifact_uri?: string;
    lifecycle_stage?: string;
  };
  data?: { metrics?: Metric[]; params?: Pair[]; tags?: Pair[] };
  inputs?: { dataset_inputs?: DatasetInput[]; model_inputs?: { model_id: string }[] };
  outputs?: { model_outputs?: { model_id: string; step?: number }[] };
};
export type LoggedModel = {
  info: {
    model_id: string;
    experiment_id: string;
    name: string;
    creation_timestamp_ms?: number;
    last_updated_timestamp_ms?: number;
    artifact_uri?: string;
    status?: string | number;
    model_type?: string;
    source_run_id?: string;
    tags?: Pair[];
  };
  data?: { params?: Pair[]; metrics?: Metric[] };
};
export type RegisteredModel = {
  name: string;
  creation_timestamp?: number;
  last_updated_timestamp?: number;
  description?: string;
  tags?: Pair[];
  aliases?: { alias: string; version: string }[];
};
export type ModelVersion = {
  name: string;
  version: string;
  creation_timestamp?: number;
  last_updated_timestamp?: number;
  user_id?: string;
  current_stage?: string;
  description?: string;
  source?: string;
  run_id?: string;
  run_link?: string;
  status?: string;
  tags?: Pair[];
  model_id?: string;
  /** where its artifacts lie, if `source` names another model */
  location?: string;
};

export type Owner = { run: string } | { model: string };
/** `bytes`: undefined where the server does not say */
export type ArtifactFile = { path: string; bytes: number | undefined; open: () => Promise<AsyncIterable<Uint8Array>> };

export type Source = {
  /** what its entities are known by after an import: the server's address */
  origin: string;
  experiments: () => AsyncIterable<Experiment>;
  /** of an experiment, the oldest first, deleted ones as well */
  runs: (experimentId: string) => AsyncIterable<Run>;
  /** the whole course of each of a run's metrics */
  history: (run: Run) => AsyncIterable<Metric[]>;
  loggedModels: (experimentId: string) => AsyncIterable<LoggedModel>;
  models: () => AsyncIterable<RegisteredModel>;
  /** by number */
  versions: (model: RegisteredModel) => Promise<ModelVersion[]>;
  artifacts: (owner: Owner) => AsyncIterable<ArtifactFile>;
};

export const tagsOf = (pairs: readonly Pair[] | undefined): Record<string, string> => Object.fromEntries((pairs ?? []).map(({ key, value }) => [key, value ?? '']));
export const pairsOf = (tags: Record<string, string>): { key: string; value: string }[] => Object.entries(tags).map(([key, value]) => ({ key, value }));

/** Prompts are registered models, too, which a search leaves out unless it asks for them. */
export const PROMPT = 'mlflow.prompt.is_prompt';
