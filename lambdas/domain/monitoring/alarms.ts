import { SIGNAL_ALARMS, type SignalAlarm, alarmText } from '../../../config/catalog/alarms.ts';
import type { Alarm, MonitoringRun, Signal } from '../../contracts/monitoring.ts';
import { digestOf } from '../canonical-json.ts';

const ALARM_OF: Record<Signal['kind'], SignalAlarm> = {
  feature: 'drift-features',
  label: 'drift-labels',
  error: 'drift-error',
  calibration: 'drift-calibration',
  fairness: 'drift-fairness',
  'clinical-relevance': 'drift-clinical-relevance',
  latency: 'latency-predictions',
};

/** One alarm per kind of signal that is beyond its limit; the id is made of the run and the name, so that twice is once. */
export const alarmsOf = (run: Pick<MonitoringRun, 'monitoringRunId' | 'model'>, signals: readonly Signal[], raisedAt: string): Alarm[] =>
  [
    ...Map.groupBy(
      signals.filter(({ alarming }) => alarming),
      ({ kind }) => ALARM_OF[kind],
    ),
  ].map(([name, found]) => {
    const { route, severity, runbook } = SIGNAL_ALARMS[name];
    return {
      alarmId: `alm_${digestOf({ run: run.monitoringRunId, name }).slice(0, 26)}`,
      name,
      model: run.model,
      route,
      severity,
      text: alarmText(name, found.map(({ detail }) => detail).join('; ')),
      runbook,
      status: 'open',
      raisedAt,
      monitoringRunId: run.monitoringRunId,
    };
  });
