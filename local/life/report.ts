import * as z from 'zod';
import { AuditVerdict } from '../../lambdas/contracts/audit.ts';
import { Prediction } from '../../lambdas/contracts/prediction.ts';
import { Signal } from '../../lambdas/contracts/monitoring.ts';
import { GateOutcome } from '../../lambdas/contracts/run.ts';
import { QuarantineReason } from '../../lambdas/contracts/upload.ts';

const Metric = z.object({ n: z.number(), maeMgPerWeek: z.number(), within20Percent: z.number() });
const Compared = z.object({
  model: Metric,
  mechanisticOnly: Metric,
  linear: Metric.optional(),
  logLinear: Metric.optional(),
  pharmacogenetic: Metric,
  clinical: Metric,
  fixedDose: Metric,
});
const Watched = z.object({
  monitoringRunId: z.string(),
  predictions: z.number(),
  outcomes: z.number(),
  signals: z.array(Signal),
  alarm: z.boolean(),
  alarms: z.array(z.object({ alarmId: z.string(), name: z.string(), status: z.string() })),
});

/** What `--report FILE` holds; docs/report.schema.json is made from it. Parts that the life did not reach are absent. */
export const Report = z.object({
  outcome: z.enum(['completed', 'leakage-blocked', 'gates-failed', 'failed']),
  detail: z.string().optional(),
  ingest: z
    .object({
      read: z.number(),
      admitted: z.number(),
      quarantined: z.array(QuarantineReason),
      files: z.array(z.object({ uploadId: z.string(), use: z.string(), read: z.number(), admitted: z.number(), quarantinedRows: z.number() })),
    })
    .optional(),
  dataset: z.object({ id: z.string(), patients: z.number(), rebuildIdentical: z.boolean() }).optional(),
  plantedLeak: z.object({ runId: z.string(), status: z.string(), findings: z.array(z.object({ check: z.string(), detail: z.string() })) }).optional(),
  split: z.object({ train: z.number(), validation: z.number(), external: z.number(), how: z.string() }).optional(),
  gates: z.array(GateOutcome).optional(),
  metrics: z.object({ leaveOneSiteOut: Compared, external: Compared.nullish() }).optional(),
  model: z.object({ id: z.string(), digest: z.string(), runId: z.string() }).optional(),
  signature: z.object({ signer: z.string(), username: z.string(), meaning: z.string(), signedAt: z.string(), verified: z.boolean() }).optional(),
  rollout: z
    .object({ id: z.string(), status: z.string(), stages: z.array(z.object({ name: z.string(), share: z.number(), outcome: z.string(), seconds: z.number().nullable() })) })
    .optional(),
  prediction: Prediction.optional(),
  refusedPrediction: z.object({ status: z.number(), detail: z.string() }).optional(),
  trial: z
    .object({
      id: z.string(),
      arms: z.array(z.object({ name: z.string(), n: z.number(), analysed: z.number(), ttrPercent: z.number().nullable(), interval: z.tuple([z.number(), z.number()]).nullable() })),
      published: z.unknown(),
    })
    .optional(),
  drift: z.object({ stable: Watched, shifted: Watched.optional() }).optional(),
  retraining: z.object({ id: z.string(), path: z.string(), status: z.string(), reasons: z.array(z.string()), model: z.string().nullable() }).optional(),
  audit: z
    .object({
      events: z.number(),
      checkpoints: z.number(),
      verified: z.boolean(),
      tamperings: z.array(z.object({ what: z.string(), found: z.boolean(), verdict: AuditVerdict.shape.findings })),
    })
    .optional(),
  lineage: z.object({ fromPrediction: z.array(z.string()), fromUpload: z.number(), reachesUpload: z.boolean(), reachesModel: z.boolean() }).optional(),
  seconds: z.record(z.string(), z.number()),
  peakMemoryMiB: z.number(),
  api: z.object({ url: z.string() }).optional(),
  files: z.record(z.string(), z.string()),
});
export type Report = z.infer<typeof Report>;
