/** Times are milliseconds since 1970-01-01 UTC, as in MLflow's protocol; ids are MLflow's (run: 32 hex digits, experiment: digits). */
export type Lifecycle = 'active' | 'deleted';
export type Tags = Record<string, string>;

export type Experiment = {
  experimentId: string;
  name: string;
  artifactLocation: string;
  lifecycle: Lifecycle;
  createdAt: number;
  updatedAt: number;
  tags: Tags;
};

export const RUN_STATUS = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;
export type RunStatus = (typeof RUN_STATUS)[number];

/** What a run is, without what was logged to it. */
export type RunHead = {
  runId: string;
  experimentId: string;
  name: string;
  userId: string;
  status: RunStatus;
  startTime: number;
  endTime?: number;
  lifecycle: Lifecycle;
  deletedAt?: number;
  /** it is being removed for good, and is found no more */
  removedAt?: number;
  artifactUri: string;
};

export type Metric = { key: string; value: number; timestamp: number; step: number; modelId?: string; datasetName?: string; datasetDigest?: string; runId?: string };
export type Dataset = { name: string; digest: string; sourceType: string; source: string; schema?: string; profile?: string };
export type DatasetInput = { dataset: Dataset; tags: Tags };

/** A run and everything of it but the course of its metrics. */
export type TrackedRun = RunHead & {
  params: Record<string, string>;
  tags: Tags;
  /** the latest of each key: highest step, then timestamp, then value */
  metrics: Record<string, Metric>;
  datasets: DatasetInput[];
  modelInputs: string[];
  modelOutputs: { modelId: string; step: number }[];
};

export const LOGGED_MODEL_STATUS = ['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED'] as const;
export type LoggedModelStatus = (typeof LOGGED_MODEL_STATUS)[number];

export type LoggedModel = {
  modelId: string;
  experimentId: string;
  name: string;
  modelType?: string;
  sourceRunId?: string;
  artifactUri: string;
  status: LoggedModelStatus;
  lifecycle: Lifecycle;
  createdAt: number;
  updatedAt: number;
  params: Record<string, string>;
  tags: Tags;
  metrics: Metric[];
};
