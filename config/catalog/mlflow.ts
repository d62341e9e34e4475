import type { Role } from '../../lambdas/contracts/principal.ts';

const READ = ['data-scientist', 'ml-engineer', 'clinician', 'auditor'] as const satisfies Role[];
const WRITE = ['data-scientist', 'ml-engineer'] as const satisfies Role[];

/** How a request's member is read; names of types as protobuf has them in MLflow's own service definition. */
export type Kind = 'string' | 'int' | 'float' | 'bool' | 'strings' | 'pairs' | 'objects';
export type Field = { kind: Kind; required?: true; within?: readonly [least: number, most: number]; typed?: 'first' };

const string = { kind: 'string' } as const;
const int = { kind: 'int' } as const;
const bool = { kind: 'bool' } as const;
const strings = { kind: 'strings' } as const;
const pairs = { kind: 'pairs' } as const;
const objects = { kind: 'objects' } as const;
const must = <F extends Field>(field: F) => ({ ...field, required: true }) as const;
const upTo = (most: number) => ({ kind: 'int', within: [Number.MIN_SAFE_INTEGER, most] }) as const;
const name = must(string);
const version = must(string);
const run = { run_id: must(string), run_uuid: string } as const;
const paged = { max_results: int, page_token: string } as const;

/**
 * MLflow's REST protocol: each operation's method, its path below `/api/2.0/mlflow/` (3: below `/api/3.0/mlflow/`), the function that
 * serves it, who may call it, and the members of its request. `root`: the path is below the project's address instead; `raw`: the body is
 * the thing itself; `also`: another method that means the same. Names, requirements and limits are those of MLflow 3.12's service definition
 * (https://mlflow.org/docs/3.12.0/rest-api.html).
 */
export const MLFLOW = {
  createExperiment: { call: 'POST experiments/create', service: 'tracking', roles: WRITE, takes: { name, artifact_location: string, tags: pairs } },
  getExperiment: { call: 'GET experiments/get', service: 'tracking', roles: READ, takes: { experiment_id: must(string) } },
  getExperimentByName: { call: 'GET experiments/get-by-name', service: 'tracking', roles: READ, takes: { experiment_name: must(string) } },
  deleteExperiment: { call: 'POST experiments/delete', service: 'tracking', roles: WRITE, takes: { experiment_id: must(string) } },
  restoreExperiment: { call: 'POST experiments/restore', service: 'tracking', roles: WRITE, takes: { experiment_id: must(string) } },
  updateExperiment: { call: 'POST experiments/update', service: 'tracking', roles: WRITE, takes: { experiment_id: must(string), new_name: must(string) } },
  searchExperiments: {
    call: 'POST experiments/search',
    also: 'GET',
    service: 'tracking',
    roles: READ,
    takes: { view_type: { kind: 'string', typed: 'first' }, max_results: int, order_by: strings, filter: string, page_token: string },
  },
  setExperimentTag: { call: 'POST experiments/set-experiment-tag', service: 'tracking', roles: WRITE, takes: { experiment_id: must(string), key: must(string), value: string } },
  deleteExperimentTag: { call: 'POST experiments/delete-experiment-tag', service: 'tracking', roles: WRITE, takes: { experiment_id: must(string), key: must(string) } },
  searchDatasets: { call: 'POST experiments/search-datasets', service: 'tracking', roles: READ, takes: { experiment_ids: strings } },

  createRun: {
    call: 'POST runs/create',
    service: 'tracking',
    roles: WRITE,
    takes: { experiment_id: string, user_id: string, start_time: int, tags: pairs, run_name: string },
  },
  getRun: { call: 'GET runs/get', service: 'tracking', roles: READ, takes: run },
  updateRun: { call: 'POST runs/update', service: 'tracking', roles: WRITE, takes: { ...run, end_time: int, status: string, run_name: string } },
  deleteRun: { call: 'POST runs/delete', service: 'tracking', roles: WRITE, takes: run },
  restoreRun: { call: 'POST runs/restore', service: 'tracking', roles: WRITE, takes: run },
  searchRuns: {
    call: 'POST runs/search',
    service: 'tracking',
    roles: READ,
    takes: { experiment_ids: strings, filter: string, run_view_type: string, max_results: upTo(50_000), order_by: strings, page_token: string },
  },
  logMetric: {
    call: 'POST runs/log-metric',
    service: 'tracking',
    roles: WRITE,
    takes: {
      ...run,
      key: must(string),
      value: { kind: 'float', required: true },
      timestamp: must(int),
      step: int,
      model_id: string,
      dataset_name: string,
      dataset_digest: string,
    },
  },
  logParam: { call: 'POST runs/log-parameter', service: 'tracking', roles: WRITE, takes: { ...run, key: must(string), value: string } },
  setTag: { call: 'POST runs/set-tag', service: 'tracking', roles: WRITE, takes: { ...run, key: must(string), value: string } },
  deleteTag: { call: 'POST runs/delete-tag', service: 'tracking', roles: WRITE, takes: { run_id: must(string), key: must(string) } },
  logBatch: { call: 'POST runs/log-batch', service: 'tracking', roles: WRITE, takes: { run_id: must(string), metrics: objects, params: objects, tags: objects } },
  logModel: { call: 'POST runs/log-model', service: 'tracking', roles: WRITE, takes: { run_id: must(string), model_json: must(string) } },
  logInputs: { call: 'POST runs/log-inputs', service: 'tracking', roles: WRITE, takes: { run_id: must(string), datasets: objects, models: objects } },
  logOutputs: { call: 'POST runs/outputs', service: 'tracking', roles: WRITE, takes: { run_id: must(string), models: must(objects) } },

  getMetricHistory: { call: 'GET metrics/get-history', service: 'tracking', roles: READ, takes: { ...run, metric_key: must(string), ...paged } },
  getMetricHistoryBulk: { call: 'GET metrics/get-history-bulk', service: 'tracking', roles: READ, takes: { run_id: strings, metric_key: string, max_results: int } },
  getMetricHistoryBulkInterval: {
    call: 'GET metrics/get-history-bulk-interval',
    service: 'tracking',
    roles: READ,
    takes: { run_ids: must(strings), metric_key: must(string), start_step: int, end_step: int, max_results: int },
  },

  createLoggedModel: {
    call: 'POST logged-models',
    service: 'tracking',
    roles: WRITE,
    takes: { experiment_id: must(string), name: string, model_type: string, source_run_id: string, params: objects, tags: pairs },
  },
  getLoggedModel: { call: 'GET logged-models/{model_id}', service: 'tracking', roles: READ, takes: { allow_deleted: bool } },
  finalizeLoggedModel: { call: 'PATCH logged-models/{model_id}', service: 'tracking', roles: WRITE, takes: { model_id: must(string), status: { kind: 'string', required: true } } },
  deleteLoggedModel: { call: 'DELETE logged-models/{model_id}', service: 'tracking', roles: WRITE, takes: {} },
  searchLoggedModels: {
    call: 'POST logged-models/search',
    service: 'tracking',
    roles: READ,
    takes: { experiment_ids: must(strings), filter: string, datasets: objects, max_results: int, order_by: objects, page_token: string },
  },
  logLoggedModelParams: { call: 'POST logged-models/{model_id}/params', service: 'tracking', roles: WRITE, takes: { params: objects } },
  setLoggedModelTags: { call: 'PATCH logged-models/{model_id}/tags', service: 'tracking', roles: WRITE, takes: { tags: pairs } },
  deleteLoggedModelTag: { call: 'DELETE logged-models/{model_id}/tags/{tag_key}', service: 'tracking', roles: WRITE, takes: {} },

  createEvaluationDataset: { call: 'POST datasets/create', api: 3, service: 'tracking', roles: WRITE, takes: { name, experiment_ids: strings, tags: string } },
  getEvaluationDataset: { call: 'GET datasets/{dataset_id}', api: 3, service: 'tracking', roles: READ, takes: {} },
  deleteEvaluationDataset: { call: 'DELETE datasets/{dataset_id}', api: 3, service: 'tracking', roles: WRITE, takes: {} },
  searchEvaluationDatasets: {
    call: 'POST datasets/search',
    api: 3,
    service: 'tracking',
    roles: READ,
    takes: { experiment_ids: strings, filter_string: string, max_results: int, order_by: strings, page_token: string },
  },
  setEvaluationDatasetTags: { call: 'PATCH datasets/{dataset_id}/tags', api: 3, service: 'tracking', roles: WRITE, takes: { tags: must(string) } },
  deleteEvaluationDatasetTag: { call: 'DELETE datasets/{dataset_id}/tags/{key}', api: 3, service: 'tracking', roles: WRITE, takes: {} },
  upsertEvaluationRecords: { call: 'POST datasets/{dataset_id}/records', api: 3, service: 'tracking', roles: WRITE, takes: { records: must(string) } },
  getEvaluationRecords: { call: 'GET datasets/{dataset_id}/records', api: 3, service: 'tracking', roles: READ, takes: paged },
  deleteEvaluationRecords: { call: 'DELETE datasets/{dataset_id}/records', api: 3, service: 'tracking', roles: WRITE, takes: { dataset_record_ids: strings } },
  getEvaluationDatasetExperiments: { call: 'GET datasets/{dataset_id}/experiment-ids', api: 3, service: 'tracking', roles: READ, takes: {} },
  addEvaluationDatasetToExperiments: {
    call: 'POST datasets/{dataset_id}/add-experiments',
    api: 3,
    service: 'tracking',
    roles: WRITE,
    takes: { experiment_ids: strings },
  },
  removeEvaluationDatasetFromExperiments: {
    call: 'POST datasets/{dataset_id}/remove-experiments',
    api: 3,
    service: 'tracking',
    roles: WRITE,
    takes: { experiment_ids: strings },
  },

  createRegisteredModel: { call: 'POST registered-models/create', service: 'registry', roles: WRITE, takes: { name, tags: pairs, description: string } },
  getRegisteredModel: { call: 'GET registered-models/get', service: 'registry', roles: READ, takes: { name } },
  updateRegisteredModel: { call: 'PATCH registered-models/update', service: 'registry', roles: WRITE, takes: { name, description: string } },
  renameRegisteredModel: { call: 'POST registered-models/rename', service: 'registry', roles: WRITE, takes: { name, new_name: must(string) } },
  deleteRegisteredModel: { call: 'DELETE registered-models/delete', service: 'registry', roles: WRITE, takes: { name } },
  searchRegisteredModels: {
    call: 'GET registered-models/search',
    service: 'registry',
    roles: READ,
    takes: { filter: string, max_results: upTo(1000), order_by: strings, page_token: string },
  },
  getLatestVersions: { call: 'POST registered-models/get-latest-versions', service: 'registry', roles: READ, takes: { name, stages: strings } },
  setRegisteredModelTag: { call: 'POST registered-models/set-tag', service: 'registry', roles: WRITE, takes: { name, key: must(string), value: string } },
  deleteRegisteredModelTag: { call: 'DELETE registered-models/delete-tag', service: 'registry', roles: WRITE, takes: { name, key: must(string) } },
  setAlias: { call: 'POST registered-models/alias', service: 'registry', roles: WRITE, takes: { name, alias: must(string), version } },
  getVersionByAlias: { call: 'GET registered-models/alias', service: 'registry', roles: READ, takes: { name, alias: must(string) } },
  deleteAlias: { call: 'DELETE registered-models/alias', service: 'registry', roles: WRITE, takes: { name, alias: must(string) } },

  createModelVersion: {
    call: 'POST model-versions/create',
    service: 'registry',
    roles: WRITE,
    takes: { name, source: must(string), run_id: string, tags: pairs, run_link: string, description: string, model_id: string },
  },
  getRegisteredVersion: { call: 'GET model-versions/get', service: 'registry', roles: READ, takes: { name, version } },
  updateModelVersion: { call: 'PATCH model-versions/update', service: 'registry', roles: WRITE, takes: { name, version, description: string } },
  transitionStage: {
    call: 'POST model-versions/transition-stage',
    service: 'registry',
    roles: WRITE,
    takes: { name, version, stage: must(string), archive_existing_versions: bool },
  },
  deleteModelVersion: { call: 'DELETE model-versions/delete', service: 'registry', roles: WRITE, takes: { name, version } },
  getDownloadUri: { call: 'GET model-versions/get-download-uri', service: 'registry', roles: READ, takes: { name: string, version: string } },
  searchModelVersions: {
    call: 'GET model-versions/search',
    service: 'registry',
    roles: READ,
    takes: { filter: string, max_results: upTo(200_000), order_by: strings, page_token: string },
  },
  setModelVersionTag: { call: 'POST model-versions/set-tag', service: 'registry', roles: WRITE, takes: { name, version, key: must(string), value: string } },
  deleteModelVersionTag: { call: 'DELETE model-versions/delete-tag', service: 'registry', roles: WRITE, takes: { name, version, key: must(string) } },

  getServerInfo: { call: 'GET server-info', api: 3, service: 'tracking', roles: READ, takes: {} },
  getVersion: { call: 'GET version', root: true, service: 'artifacts', roles: READ, takes: {} },
  getHealth: { call: 'GET health', root: true, service: 'artifacts', roles: READ, takes: {} },

  listGatewayEndpoints: { call: 'GET gateway-proxy', service: 'artifacts', roles: READ, takes: { gateway_path: string } },

  putArtifact: { call: 'PUT api/2.0/mlflow-artifacts/artifacts/{path+}', root: true, raw: true, service: 'artifacts', roles: WRITE, takes: {} },
  getArtifact: { call: 'GET api/2.0/mlflow-artifacts/artifacts/{path+}', root: true, service: 'artifacts', roles: READ, takes: {} },
  deleteArtifact: { call: 'DELETE api/2.0/mlflow-artifacts/artifacts/{path+}', root: true, service: 'artifacts', roles: WRITE, takes: {} },
  listFolder: { call: 'GET api/2.0/mlflow-artifacts/artifacts', root: true, service: 'artifacts', roles: READ, takes: { path: string } },
  createMultipart: {
    call: 'POST api/2.0/mlflow-artifacts/mpu/create/{path+}',
    root: true,
    service: 'artifacts',
    roles: WRITE,
    takes: { path: must(string), num_parts: int },
  },
  completeMultipart: {
    call: 'POST api/2.0/mlflow-artifacts/mpu/complete/{path+}',
    root: true,
    service: 'artifacts',
    roles: WRITE,
    takes: { path: must(string), upload_id: must(string), parts: must(objects) },
  },
  abortMultipart: {
    call: 'POST api/2.0/mlflow-artifacts/mpu/abort/{path+}',
    root: true,
    service: 'artifacts',
    roles: WRITE,
    takes: { path: must(string), upload_id: must(string) },
  },
  presignDownload: { call: 'GET api/2.0/mlflow-artifacts/presigned/{path+}', root: true, service: 'artifacts', roles: READ, takes: {} },
  presignUpload: {
    call: 'POST artifacts/presigned-upload-url',
    service: 'artifacts',
    roles: WRITE,
    takes: { run_id: string, model_id: string, path: must(string), expiration: int },
  },
  listRunArtifacts: { call: 'GET artifacts/list', service: 'artifacts', roles: READ, takes: { ...run, path: string, page_token: string } },
  getRunArtifact: { call: 'GET get-artifact', root: true, service: 'artifacts', roles: READ, takes: { ...run, path: must(string) } },
  getVersionArtifact: { call: 'GET model-versions/get-artifact', root: true, service: 'artifacts', roles: READ, takes: { name, version, path: must(string) } },
  getModelArtifact: { call: 'GET logged-models/{model_id}/artifacts/files', service: 'artifacts', roles: READ, takes: { artifact_file_path: string } },
  listModelArtifacts: { call: 'GET logged-models/{model_id}/artifacts/directories', service: 'artifacts', roles: READ, takes: { artifact_directory_path: string } },

  askGraphql: { call: 'POST graphql', root: true, service: 'graphql', roles: READ, takes: { query: must(string), operationName: string } },

  createWebhook: {
    call: 'POST webhooks',
    service: 'webhooks',
    roles: WRITE,
    takes: { name, url: must(string), events: must(objects), platform_events: strings, description: string, secret: string, status: string },
  },
  listWebhooks: { call: 'GET webhooks', service: 'webhooks', roles: READ, takes: paged },
  getWebhook: { call: 'GET webhooks/{webhook_id}', service: 'webhooks', roles: READ, takes: {} },
  updateWebhook: {
    call: 'PATCH webhooks/{webhook_id}',
    service: 'webhooks',
    roles: WRITE,
    takes: { name: string, url: string, events: objects, platform_events: strings, description: string, secret: string, status: string },
  },
  deleteWebhook: { call: 'DELETE webhooks/{webhook_id}', service: 'webhooks', roles: WRITE, takes: {} },
  testWebhook: { call: 'POST webhooks/{webhook_id}/test', service: 'webhooks', roles: WRITE, takes: {} },
} as const satisfies Record<
  string,
  { call: `${string} ${string}`; service: MlflowService; roles: readonly Role[]; takes: Record<string, Field>; api?: 3; root?: true; raw?: true; also?: 'GET' }
>;

export type MlflowService = 'tracking' | 'registry' | 'artifacts' | 'graphql' | 'webhooks';
export type MlflowOperation = keyof typeof MLFLOW;
export type MlflowOperationsOf<S extends MlflowService> = { [O in MlflowOperation]: (typeof MLFLOW)[O]['service'] extends S ? O : never }[MlflowOperation];

const CLIENTS = ['api', 'ajax-api'];
const within = (paths: readonly string[]): string[] => CLIENTS.flatMap((api) => paths.map((path) => `${api}/${path}`));

/** Below which paths of a project's address a function answers; API Gateway takes the most specific. */
export const MLFLOW_PATHS: Readonly<Record<MlflowService, readonly string[]>> = {
  tracking: within([...['experiments', 'runs', 'metrics', 'logged-models'].map((noun) => `2.0/mlflow/${noun}/{proxy+}`), '2.0/mlflow/logged-models', '3.0/mlflow/{proxy+}']),
  registry: within(['registered-models', 'model-versions'].map((noun) => `2.0/mlflow/${noun}/{proxy+}`)),
  // and whatever else is asked for
  artifacts: [...within(['2.0/mlflow/logged-models/{model_id}/artifacts/{proxy+}', '{proxy+}']), 'get-artifact', 'model-versions/get-artifact', 'version', 'health', '{proxy+}'],
  graphql: ['graphql'],
  webhooks: within(['2.0/mlflow/webhooks', '2.0/mlflow/webhooks/{proxy+}']),
};

/** The platform's own role calls there what it may call of the protocol, below `/<root>/<project>`; API Gateway verifies its signature. */
export const MLFLOW_SERVICE_ROOT = 'mlflow-service';
const ofClients = (paths: readonly string[]): string[] => paths.filter((path) => path.startsWith('api/2.0/') || path === 'api/{proxy+}');
export const MLFLOW_SERVICE_PATHS: Readonly<Partial<Record<MlflowService, readonly string[]>>> = {
  tracking: ofClients(MLFLOW_PATHS.tracking),
  artifacts: ofClients(MLFLOW_PATHS.artifacts),
};

/** What the relay of a training's records needs (virtual_patient/tracking/server.py), and nothing else. */
export const MLFLOW_SERVICE_OPERATIONS: ReadonlySet<MlflowOperation> = new Set([
  'createExperiment',
  'getExperimentByName',
  'createRun',
  'getRun',
  'updateRun',
  'searchRuns',
  'logBatch',
  'logInputs',
  'logOutputs',
  'getMetricHistory',
  'createLoggedModel',
  'getLoggedModel',
  'searchLoggedModels',
  'finalizeLoggedModel',
  'putArtifact',
  'createMultipart',
  'completeMultipart',
  'abortMultipart',
]);

/** What MLflow's web interface calls: these take a browser's session beside a bearer token. */
export const isForBrowsers = (path: string): boolean => /^(ajax-api\/|get-artifact$|model-versions\/get-artifact$|graphql$)/.test(path);

/** MLflow's web interface and its sign-in; `$default` is what no route matches, such as an address that ends with a slash. */
export const MLFLOW_PAGES = {
  pages: ['GET /mlflow/{project}', 'GET /mlflow/{project}/{proxy+}', '$default'],
  'sign-in': ['GET /mlflow/login', 'POST /mlflow/login', 'POST /mlflow/logout'],
} as const;
