import type { Role } from '../../lambdas/contracts/principal.ts';

const ALL: Role[] = ['data-scientist', 'ml-engineer', 'clinician', 'auditor'];

/**
 * The permission table and the API in one: each route's operation, the function that serves it and the roles that may call it.
 * The HTTP API, the handlers, the OpenAPI document and the client are made from it.
 */
export const ROUTES = {
  getHealth: { route: 'GET /v1/health', service: 'governance', roles: 'public', summary: 'Is the API up, and which version is it?' },
  getOpenApi: { route: 'GET /v1/openapi.json', service: 'governance', roles: 'public', summary: 'This API, as OpenAPI 3.1' },

  createUpload: { route: 'POST /v1/uploads', service: 'lake', roles: ['data-scientist'], summary: 'A presigned upload into the landing zone' },
  getUpload: { route: 'GET /v1/uploads/{uploadId}', service: 'lake', roles: ['data-scientist', 'auditor'], summary: 'An upload and its ingest report' },
  createDataset: { route: 'POST /v1/datasets', service: 'lake', roles: ['data-scientist'], summary: 'Make an immutable dataset version of admitted uploads' },
  getDatasetCreation: {
    route: 'GET /v1/dataset-creations/{creationId}',
    service: 'lake',
    roles: ['data-scientist', 'auditor'],
    summary: 'How far a dataset version is in the making, and what it became',
  },
  getDataset: { route: 'GET /v1/datasets/{datasetId}', service: 'lake', roles: ALL, summary: 'A dataset version' },
  getDatasetQuality: { route: 'GET /v1/datasets/{datasetId}/quality', service: 'lake', roles: ALL, summary: 'A dataset version’s data quality, as a page' },
  rebuildDataset: {
    route: 'POST /v1/datasets/{datasetId}/rebuilds',
    service: 'lake',
    roles: ['data-scientist', 'auditor'],
    summary: 'Rebuild a dataset version from its manifest and compare every byte',
  },
  getDatasetRebuild: {
    route: 'GET /v1/dataset-rebuilds/{rebuildId}',
    service: 'lake',
    roles: ['data-scientist', 'auditor'],
    summary: 'A rebuild: whether it is done, and what differs',
  },
  listSources: { route: 'GET /v1/sources', service: 'lake', roles: ALL, summary: 'The kinds of input that can be ingested' },

  createSourceCheck: {
    route: 'POST /v1/source-checks',
    service: 'lake',
    roles: ['data-scientist'],
    summary: 'Try a source, or a source map of your own, on files: a presigned upload whose content is read and not kept in the lake',
  },
  getSourceCheck: {
    route: 'GET /v1/source-checks/{checkId}',
    service: 'lake',
    roles: ['data-scientist', 'auditor'],
    summary: 'What would be admitted of the files, and what left out and why',
  },
  createSourceDraft: {
    route: 'POST /v1/source-drafts',
    service: 'lake',
    roles: ['data-scientist'],
    summary: 'Draft a source map from a sample file: a presigned upload',
  },
  getSourceDraft: {
    route: 'GET /v1/source-drafts/{draftId}',
    service: 'lake',
    roles: ['data-scientist', 'auditor'],
    summary: 'The draft, to be edited and then tried by a source check',
  },

  createFhirServer: {
    route: 'POST /v1/fhir-servers',
    service: 'export',
    roles: ['data-scientist'],
    summary: 'Keep how to sign in at a FHIR server; its secret is never answered',
  },
  createExport: { route: 'POST /v1/exports', service: 'export', roles: ['data-scientist'], summary: 'Bulk Data export of a FHIR server into the landing zone' },
  getExport: { route: 'GET /v1/exports/{exportId}', service: 'export', roles: ['data-scientist', 'auditor'], summary: 'An export: how far it is, and the upload it became' },

  createWithdrawal: {
    route: 'POST /v1/withdrawals',
    service: 'withdrawal',
    roles: ['data-scientist'],
    summary: 'A patient withdraws: no later dataset version shows them; those before are listed',
  },

  createRun: { route: 'POST /v1/runs', service: 'training', roles: ['data-scientist', 'ml-engineer'], summary: 'Train and gate a model on a dataset version' },
  getRun: { route: 'GET /v1/runs/{runId}', service: 'training', roles: ALL, summary: 'A run: its step, progress, split, leakage findings, gates' },
  listRuns: { route: 'GET /v1/runs', service: 'training', roles: ALL, summary: 'Runs, newest first' },

  createProject: {
    route: 'POST /v1/projects',
    service: 'projects',
    roles: ['data-scientist', 'ml-engineer'],
    summary: 'A namespace of runs, models and artifacts with its own members',
  },
  listProjects: { route: 'GET /v1/projects', service: 'projects', roles: ALL, summary: 'The projects that the caller has a role in, by name; an auditor sees all' },
  getProject: { route: 'GET /v1/projects/{project}', service: 'projects', roles: ALL, summary: 'A project, its members and its rule for Production' },
  updateProject: {
    route: 'PATCH /v1/projects/{project}',
    service: 'projects',
    roles: ['data-scientist', 'ml-engineer'],
    summary: 'Change description, access, members or the rule for Production of a project',
  },
  applyRetention: {
    route: 'POST /v1/projects/{project}/retention-runs',
    service: 'retention',
    roles: ['data-scientist', 'ml-engineer'],
    summary: 'Apply a project’s retention rules now, as happens once a day, or see what they would do',
  },
  getRegisteredModelHistory: {
    route: 'GET /v1/projects/{project}/registered-models/{name}/history',
    service: 'projects',
    roles: ALL,
    summary: 'Who called which version what, when, why and by which signature: stages, aliases, deletions',
  },
  createArtifactCredentials: {
    route: 'POST /v1/projects/{project}/credentials',
    service: 'credentials',
    roles: ALL,
    summary: 'AWS credentials for a project’s artifacts, or one run’s, for 15 to 60 minutes',
  },

  listModelVersions: { route: 'GET /v1/models/{model}/versions', service: 'registry', roles: ALL, summary: 'Versions of a model' },
  getModelVersion: { route: 'GET /v1/models/{model}/versions/{version}', service: 'registry', roles: ALL, summary: 'A model version with digests and gates' },
  compareModelVersions: { route: 'GET /v1/models/{model}/comparison', service: 'registry', roles: ALL, summary: 'Two versions: digests, parameters, gates, measures, subgroups' },
  getComparisonPage: { route: 'GET /v1/models/{model}/comparison/page', service: 'registry', roles: ALL, summary: 'Two versions beside each other, as a page with plots' },
  deprecateModelVersion: {
    route: 'POST /v1/models/{model}/versions/{version}/deprecations',
    service: 'registry',
    roles: ['ml-engineer', 'clinician'],
    summary: 'Deprecate a version with reason and successor, or take that back',
  },
  getModelHistory: { route: 'GET /v1/models/{model}/history', service: 'registry', roles: ALL, summary: 'Every stage change ever; with ?at= what was in production then' },
  getModelCard: { route: 'GET /v1/models/{model}/versions/{version}/card', service: 'registry', roles: ALL, summary: 'The model card as a page' },

  listReviews: { route: 'GET /v1/reviews', service: 'review', roles: ALL, summary: 'Clinical reviews, newest first' },
  getReview: { route: 'GET /v1/reviews/{reviewId}', service: 'review', roles: ALL, summary: 'A review’s dossier' },
  getReviewPage: { route: 'GET /v1/reviews/{reviewId}/page', service: 'review', roles: ALL, summary: 'The dossier as a page with plots' },
  decideReview: { route: 'POST /v1/reviews/{reviewId}/decisions', service: 'signing', roles: ['clinician'], summary: 'Sign or reject, with a second authentication' },

  createRollout: { route: 'POST /v1/models/{model}/rollouts', service: 'serving', roles: ['ml-engineer'], summary: 'Roll out a signed version: shadow, 5, 25, 100 %' },
  getRollout: { route: 'GET /v1/rollouts/{rolloutId}', service: 'serving', roles: ALL, summary: 'A rollout and its stages' },
  getDeployment: { route: 'GET /v1/models/{model}/deployment', service: 'serving', roles: ALL, summary: 'Which version answers now, with which share' },
  createPrediction: {
    route: 'POST /v1/models/{model}/predictions',
    service: 'prediction',
    roles: ['clinician', 'ml-engineer', 'data-scientist'],
    summary: 'Predict for one patient',
  },
  findServed: {
    route: 'POST /v1/models/{model}/served',
    service: 'serving',
    roles: ['clinician', 'auditor'],
    summary: 'What served this patient on that day: answers, routing, versions with signature',
  },
  createOutcomes: { route: 'POST /v1/models/{model}/outcomes', service: 'serving', roles: ['clinician', 'data-scientist'], summary: 'Outcomes of earlier predictions' },

  createTrial: { route: 'POST /v1/trials', service: 'trials', roles: ['data-scientist', 'clinician'], summary: 'Simulate a trial with a registered version' },
  getTrial: { route: 'GET /v1/trials/{trialId}', service: 'trials', roles: ALL, summary: 'A trial and its result' },
  getTrialPage: { route: 'GET /v1/trials/{trialId}/page', service: 'trials', roles: ALL, summary: 'A trial’s result as a page with its plot' },

  createMonitoringRun: {
    route: 'POST /v1/models/{model}/monitoring-runs',
    service: 'monitoring',
    roles: ['data-scientist', 'ml-engineer'],
    summary: 'Compare a window of predictions with the training cohort',
  },
  getMonitoringRun: { route: 'GET /v1/monitoring-runs/{monitoringRunId}', service: 'monitoring', roles: ALL, summary: 'A monitoring run and its signals' },
  listAlarms: { route: 'GET /v1/alarms', service: 'monitoring', roles: ALL, summary: 'Alarms, newest first' },
  acknowledgeAlarm: {
    route: 'POST /v1/alarms/{alarmId}/acknowledgements',
    service: 'monitoring',
    roles: ['data-scientist', 'ml-engineer', 'clinician'],
    summary: 'Acknowledge an alarm',
  },
  listRetrainings: { route: 'GET /v1/retrainings', service: 'monitoring', roles: ALL, summary: 'Retraining requests, newest first' },

  exportAudit: { route: 'GET /v1/audit/export', service: 'governance', roles: ['auditor'], summary: 'The audit chain with its signed checkpoints, to be verified offline' },
  createCheckpoint: { route: 'POST /v1/audit/checkpoints', service: 'governance', roles: ['auditor'], summary: 'Sign the head of the chain and keep it under Object Lock' },
  getLineage: { route: 'GET /v1/lineage/{id}', service: 'governance', roles: ALL, summary: 'Everything upstream and downstream of an id' },
} as const satisfies Record<string, { route: `${'GET' | 'POST' | 'PATCH'} /v1/${string}`; service: string; roles: readonly Role[] | 'public'; summary: string }>;

export type OperationId = keyof typeof ROUTES;
export type ServiceName = (typeof ROUTES)[OperationId]['service'];
export type OperationsOf<S extends ServiceName> = { [O in OperationId]: (typeof ROUTES)[O]['service'] extends S ? O : never }[OperationId];

/** Services whose functions stand in the tracking stack: one stack holds 500 resources. */
export const TRACKING_SERVICES = ['projects', 'credentials', 'retention'] as const satisfies ServiceName[];
export type TrackingService = (typeof TRACKING_SERVICES)[number];

export const operationsOf = (service: ServiceName): OperationId[] => (Object.keys(ROUTES) as OperationId[]).filter((operation) => ROUTES[operation].service === service);

export const operationOfRoute = (routeKey: string): OperationId | undefined => (Object.keys(ROUTES) as OperationId[]).find((operation) => ROUTES[operation].route === routeKey);
