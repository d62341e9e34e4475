import * as z from 'zod';
import { AlarmId, ModelName, ModelVersionId, MonitoringRunId, RetrainingId, RunId, Timestamp } from './ids.ts';
import { ObjectVersion } from './object.ts';

export const MonitoringRequest = z.object({
  /** predictions made from..to are watched against the model version's training cohort. */
  from: Timestamp,
  to: Timestamp,
});
export type MonitoringRequest = z.infer<typeof MonitoringRequest>;

export const Signal = z.object({
  name: z.string(),
  kind: z.enum(['feature', 'label', 'error', 'calibration', 'fairness', 'clinical-relevance', 'latency']),
  statistic: z.enum(['ks', 'chi-square', 'psi', 'wasserstein', 'kl', 'mae', 'coverage', 'slope', 'gap', 'p95']),
  value: z.number(),
  /** p-value of the test where there is one, and after Benjamini–Hochberg over the run. */
  p: z.number().nullable(),
  q: z.number().nullable(),
  effectSize: z.number().nullable(),
  limit: z.number().nullable().describe('of the effect size; null: told beside a test, never alarms'),
  n: z.number().int(),
  nReference: z.number().int(),
  alarming: z.boolean(),
  detail: z.string(),
});
export type Signal = z.infer<typeof Signal>;

export const MonitoringRun = MonitoringRequest.extend({
  monitoringRunId: MonitoringRunId,
  model: ModelName,
  status: z.enum(['running', 'stable', 'drifted', 'insufficient-data', 'faulted']),
  createdAt: Timestamp,
  createdBy: z.string(),
  modelVersion: ModelVersionId.describe('the version that is watched: in production when the run was made'),
  /** answers of that version, and how many of them have an outcome. */
  predictions: z.number().int().optional(),
  outcomes: z.number().int().optional(),
  signals: z.array(Signal).optional(),
  notJudged: z.array(z.object({ name: z.string(), reason: z.string() })).optional(),
  report: ObjectVersion.optional(),
  alarmIds: z.array(AlarmId).optional(),
  detail: z.string().optional(),
});
export type MonitoringRun = z.infer<typeof MonitoringRun>;

export const ALARM_ROUTES = ['ops', 'data-science', 'clinical'] as const;

export const Alarm = z.object({
  alarmId: AlarmId,
  name: z.string().describe('an entry of config/catalog/alarms.ts'),
  model: ModelName.optional(),
  route: z.enum(ALARM_ROUTES),
  severity: z.enum(['warning', 'critical']),
  text: z.string().describe('what happened, and the runbook heading to open'),
  runbook: z.string(),
  status: z.enum(['open', 'acknowledged', 'escalated']),
  raisedAt: Timestamp,
  acknowledgedAt: Timestamp.optional(),
  acknowledgedBy: z.string().optional(),
  acknowledgementComment: z.string().optional(),
  escalatedAt: Timestamp.optional(),
  monitoringRunId: MonitoringRunId.optional(),
});
export type Alarm = z.infer<typeof Alarm>;

export const Retraining = z.object({
  retrainingId: RetrainingId,
  model: ModelName,
  alarmId: AlarmId,
  /** inside the change-control plan: the short path; outside: full review. */
  path: z.enum(['inside-plan', 'outside-plan']),
  reasons: z.array(z.string()),
  /** open: waits for people; refused: the data leak, or another retraining of the model is under way */
  status: z.enum(['open', 'training', 'candidate', 'gates-failed', 'refused', 'faulted']),
  runId: RunId.optional(),
  createdAt: Timestamp,
});
export type Retraining = z.infer<typeof Retraining>;
