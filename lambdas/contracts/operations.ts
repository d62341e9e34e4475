import * as z from 'zod';
import type { OperationId } from '../../config/catalog/routes.ts';
import { ArtifactCredentials, ArtifactCredentialsRequest } from './artifact-credentials.ts';
import { AuditCheckpoint, AuditExport } from './audit.ts';
import { Dataset, DatasetCreation, DatasetRebuild, DatasetRequest } from './dataset.ts';
import { Export, ExportId, ExportRequest, FhirServer, FhirServerRequest } from './export.ts';
import {
  AlarmId,
  DatasetCreationId,
  DatasetId,
  DatasetRebuildId,
  ModelName,
  MonitoringRunId,
  ReviewId,
  RolloutId,
  RunId,
  SourceCheckId,
  SourceDraftId,
  Timestamp,
  TrialId,
  UploadId,
  VersionNumber,
} from './ids.ts';
import { LineageWalk } from './lineage.ts';
import { VersionComparison } from './version-comparison.ts';
import { DeprecationChange, DeprecationRequest, ModelVersion, StageChange } from './model-version.ts';
import { Alarm, MonitoringRequest, MonitoringRun, Retraining } from './monitoring.ts';
import { OutcomesRequest, Prediction, PredictionRequest } from './prediction.ts';
import { Project, ProjectChange, ProjectName, ProjectRequest, RetentionRun, RetentionRunRequest } from './project.ts';
import { RegistryChange } from './registered-model.ts';
import { Review, ReviewDecisionRequest } from './review.ts';
import { Deployment, Rollout, RolloutRequest } from './rollout.ts';
import { Run, RunRequest } from './run.ts';
import { Served, ServedRequest } from './served.ts';
import { SourceCheck, SourceCheckRequest, SourceCheckTicket, SourceDraft, SourceDraftRequest, SourceDraftTicket } from './sample.ts';
import { Trial, TrialRequest } from './trial.ts';
import { Upload, UploadRequest, UploadTicket } from './upload.ts';
import { Withdrawal, WithdrawalRequest } from './withdrawal.ts';

const Empty = z.strictObject({});
const Page = z.string().describe('text/html');
const listing = { query: z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) }) };
const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

const TwoVersions = z.strictObject({ base: VersionNumber, other: VersionNumber });

type Operation = { params?: z.ZodObject; query?: z.ZodObject; body?: z.ZodType; response: z.ZodType; status?: 200 | 201 | 202 };

/** What each operation takes and answers. Validation, the OpenAPI document and the client's types are made from it. */
export const OPERATIONS = {
  getHealth: { response: z.object({ status: z.literal('ok'), environment: z.string(), version: z.string() }) },
  getOpenApi: { response: z.record(z.string(), z.unknown()) },

  createUpload: { body: UploadRequest, response: UploadTicket, status: 201 },
  getUpload: { params: z.strictObject({ uploadId: UploadId }), response: Upload },
  createDataset: { body: DatasetRequest, response: DatasetCreation, status: 202 },
  getDatasetCreation: { params: z.strictObject({ creationId: DatasetCreationId }), response: DatasetCreation },
  getDataset: { params: z.strictObject({ datasetId: DatasetId }), response: Dataset },
  getDatasetQuality: { params: z.strictObject({ datasetId: DatasetId }), response: Page },
  rebuildDataset: { params: z.strictObject({ datasetId: DatasetId }), body: Empty, response: DatasetRebuild, status: 202 },
  getDatasetRebuild: { params: z.strictObject({ rebuildId: DatasetRebuildId }), response: DatasetRebuild },
  listSources: { response: list(z.object({ name: z.string(), title: z.string(), format: z.string(), version: z.string() })) },

  createSourceCheck: { body: SourceCheckRequest, response: SourceCheckTicket, status: 201 },
  getSourceCheck: { params: z.strictObject({ checkId: SourceCheckId }), response: SourceCheck },
  createSourceDraft: { body: SourceDraftRequest, response: SourceDraftTicket, status: 201 },
  getSourceDraft: { params: z.strictObject({ draftId: SourceDraftId }), response: SourceDraft },

  createFhirServer: { body: FhirServerRequest, response: FhirServer, status: 201 },
  createExport: { body: ExportRequest, response: Export, status: 202 },
  getExport: { params: z.strictObject({ exportId: ExportId }), response: Export },

  createWithdrawal: { body: WithdrawalRequest, response: Withdrawal, status: 201 },

  createRun: { body: RunRequest, response: Run, status: 202 },
  getRun: { params: z.strictObject({ runId: RunId }), response: Run },
  listRuns: { ...listing, response: list(Run) },

  createProject: { body: ProjectRequest, response: Project, status: 201 },
  listProjects: {
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(1000).default(200),
      after: ProjectName.optional().describe('the last name of the page before'),
    }),
    response: list(Project),
  },
  getProject: { params: z.strictObject({ project: ProjectName }), response: Project },
  updateProject: { params: z.strictObject({ project: ProjectName }), body: ProjectChange, response: Project },
  applyRetention: { params: z.strictObject({ project: ProjectName }), body: RetentionRunRequest, response: RetentionRun, status: 201 },
  getRegisteredModelHistory: { params: z.strictObject({ project: ProjectName, name: z.string().min(1).max(256) }), response: list(RegistryChange) },
  createArtifactCredentials: { params: z.strictObject({ project: ProjectName }), body: ArtifactCredentialsRequest, response: ArtifactCredentials, status: 201 },

  listModelVersions: { params: z.strictObject({ model: ModelName }), ...listing, response: list(ModelVersion) },
  getModelVersion: { params: z.strictObject({ model: ModelName, version: VersionNumber }), response: ModelVersion },
  getModelHistory: {
    params: z.strictObject({ model: ModelName }),
    query: z.strictObject({ at: Timestamp.optional() }),
    response: z.object({
      items: z.array(StageChange),
      inProduction: z.number().int().nullable().describe('the version in production at `at`, or now'),
      deprecations: z.array(DeprecationChange),
    }),
  },
  compareModelVersions: { params: z.strictObject({ model: ModelName }), query: TwoVersions, response: VersionComparison },
  getComparisonPage: { params: z.strictObject({ model: ModelName }), query: TwoVersions, response: Page },
  deprecateModelVersion: { params: z.strictObject({ model: ModelName, version: VersionNumber }), body: DeprecationRequest, response: ModelVersion, status: 201 },
  getModelCard: { params: z.strictObject({ model: ModelName, version: VersionNumber }), response: Page },

  listReviews: { ...listing, response: list(Review) },
  getReview: { params: z.strictObject({ reviewId: ReviewId }), response: z.object({ review: Review, version: ModelVersion }) },
  getReviewPage: { params: z.strictObject({ reviewId: ReviewId }), response: Page },
  decideReview: { params: z.strictObject({ reviewId: ReviewId }), body: ReviewDecisionRequest, response: Review, status: 201 },

  createRollout: { params: z.strictObject({ model: ModelName }), body: RolloutRequest, response: Rollout, status: 202 },
  getRollout: { params: z.strictObject({ rolloutId: RolloutId }), response: Rollout },
  getDeployment: { params: z.strictObject({ model: ModelName }), response: Deployment },
  createPrediction: { params: z.strictObject({ model: ModelName }), body: PredictionRequest, response: Prediction, status: 201 },
  findServed: { params: z.strictObject({ model: ModelName }), body: ServedRequest, response: Served },
  createOutcomes: {
    params: z.strictObject({ model: ModelName }),
    body: OutcomesRequest,
    response: z.object({ recorded: z.number().int(), alreadyRecorded: z.number().int(), unknown: z.array(z.string()) }),
    status: 201,
  },

  createTrial: { body: TrialRequest, response: Trial, status: 202 },
  getTrial: { params: z.strictObject({ trialId: TrialId }), response: Trial },
  getTrialPage: { params: z.strictObject({ trialId: TrialId }), response: Page },

  createMonitoringRun: { params: z.strictObject({ model: ModelName }), body: MonitoringRequest, response: MonitoringRun, status: 202 },
  getMonitoringRun: { params: z.strictObject({ monitoringRunId: MonitoringRunId }), response: MonitoringRun },
  listAlarms: { ...listing, response: list(Alarm) },
  acknowledgeAlarm: { params: z.strictObject({ alarmId: AlarmId }), body: z.strictObject({ comment: z.string().max(1000).optional() }), response: Alarm, status: 201 },
  listRetrainings: { ...listing, response: list(Retraining) },

  exportAudit: { query: z.strictObject({ from: z.coerce.number().int().min(0).default(0), limit: z.coerce.number().int().min(1).max(3000).default(2000) }), response: AuditExport },
  createCheckpoint: { body: Empty, response: AuditCheckpoint, status: 201 },
  getLineage: { params: z.strictObject({ id: z.string().min(3).max(120) }), response: LineageWalk },
} as const satisfies Record<OperationId, Operation>;

type Parsed<O, K extends string> = O extends { [key in K]: infer S extends z.ZodType } ? z.output<S> : Record<string, never>;
export type ParamsOf<O extends OperationId> = Parsed<(typeof OPERATIONS)[O], 'params'>;
export type QueryOf<O extends OperationId> = Parsed<(typeof OPERATIONS)[O], 'query'>;
export type BodyOf<O extends OperationId> = Parsed<(typeof OPERATIONS)[O], 'body'>;
export type ResponseOf<O extends OperationId> = z.output<(typeof OPERATIONS)[O]['response']>;
