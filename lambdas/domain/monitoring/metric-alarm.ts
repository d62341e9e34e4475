import { METRIC_ALARMS, type MetricAlarm, alarmText } from '../../../config/catalog/alarms.ts';
import type { Alarm } from '../../contracts/monitoring.ts';
import { digestOf } from '../canonical-json.ts';

/** The alarm of the catalog that CloudWatch's `proband-<environment>-<alarm>[-<what>]` names; null where it names none. */
export const metricAlarm = (alarmName: string, reason: string, raisedAt: string): Alarm | null => {
  const name = (Object.keys(METRIC_ALARMS) as MetricAlarm[]).find((known) => new RegExp(`^proband-[a-z]+-${known}(-|$)`).test(alarmName));
  if (!name) return null;
  const { route, severity, runbook } = METRIC_ALARMS[name];
  return {
    alarmId: `alm_${digestOf({ alarmName, raisedAt }).slice(0, 26)}`,
    name,
    route,
    severity,
    text: alarmText(name, `${alarmName}: ${reason}`),
    runbook,
    status: 'open',
    raisedAt,
  };
};
