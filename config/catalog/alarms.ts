import type { ALARM_ROUTES } from '../../lambdas/contracts/monitoring.ts';

type Route = (typeof ALARM_ROUTES)[number];
type AlarmDefinition = { route: Route; severity: 'warning' | 'critical'; title: string /** the heading in docs/runbook.md */; runbook: string };

/** Alarms of what a monitoring run found, one per kind of signal. */
export const SIGNAL_ALARMS = {
  'drift-features': { route: 'data-science', severity: 'warning', title: 'Patients differ from those the model learnt from', runbook: 'Feature drift' },
  'drift-labels': { route: 'data-science', severity: 'warning', title: 'Observed doses differ from those the model learnt from', runbook: 'Label drift' },
  'drift-error': { route: 'data-science', severity: 'critical', title: 'The dose error has grown', runbook: 'Error drift' },
  'drift-calibration': { route: 'data-science', severity: 'warning', title: 'Prediction intervals no longer hold what they promise', runbook: 'Calibration drift' },
  'drift-fairness': { route: 'clinical', severity: 'critical', title: 'The error of a group of patients has grown more than that of others', runbook: 'Fairness gap' },
  'drift-clinical-relevance': { route: 'clinical', severity: 'critical', title: 'A clinical relation that the model rests on has changed', runbook: 'Clinical relevance drift' },
  'latency-predictions': { route: 'ops', severity: 'warning', title: 'Predictions of a window were slow', runbook: 'Prediction latency' },
} as const satisfies Record<string, AlarmDefinition>;
export type SignalAlarm = keyof typeof SIGNAL_ALARMS;

/** Alarms over CloudWatch metrics. */
export const METRIC_ALARMS = {
  'api-faults': { route: 'ops', severity: 'critical', title: 'The API answers 5xx', runbook: 'API faults' },
  'prediction-latency': { route: 'ops', severity: 'warning', title: 'Predictions are slow', runbook: 'Prediction latency' },
  'machine-failed': { route: 'ops', severity: 'critical', title: 'A state machine failed', runbook: 'State machine failed' },
  'jobs-dead': { route: 'ops', severity: 'critical', title: 'A job was given up', runbook: 'Dead jobs' },
  'predictions-dead': { route: 'ops', severity: 'critical', title: 'Predictions could not be recorded', runbook: 'Dead predictions' },
  'audit-dead': { route: 'ops', severity: 'critical', title: 'Calls could not be put on the audit chain', runbook: 'Dead audit events' },
  'events-dead': { route: 'ops', severity: 'critical', title: 'An event was given up', runbook: 'Dead events' },
  'webhooks-dead': { route: 'ops', severity: 'warning', title: 'A webhook was given up', runbook: 'Dead webhooks' },
  'tracking-incomplete': { route: 'data-science', severity: 'warning', title: 'The experiment tracker lacks a part of a training', runbook: 'Incomplete tracking' },
  drift: { route: 'data-science', severity: 'warning', title: 'A watched signal is beyond its limit', runbook: 'Watched signals' },
  outage: { route: 'ops', severity: 'critical', title: 'Several parts of the platform fail at once', runbook: 'Outage' },
} as const satisfies Record<string, AlarmDefinition>;
export type MetricAlarm = keyof typeof METRIC_ALARMS;

export const ALARMS: Readonly<Record<string, AlarmDefinition>> = { ...SIGNAL_ALARMS, ...METRIC_ALARMS };

/** What a person reads: what happened, and where the way out is written. */
export const alarmText = (name: SignalAlarm | MetricAlarm, what: string): string => `${ALARMS[name]!.title}. ${what}\nRunbook: docs/runbook.md, "${ALARMS[name]!.runbook}".`;
