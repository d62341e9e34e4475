import { METRIC_ALARMS, alarmText } from '../../../config/catalog/alarms.ts';
import type { Alarm } from '../../contracts/monitoring.ts';
import { digestOf } from '../canonical-json.ts';

/** The alarm of the catalog that a CloudWatch alarm's name ends in, or null. */
export const metricAlarm = (alarmName: string, reason: string, raisedAt: string): Alarm | null => {
  const name = (Object.keys(METRIC_ALARMS) as (keyof typeof METRIC_ALARMS)[]).find((known) => alarmName.endsWith(`-${known}`));
  if (!name) return null;
  const { route, severity, runbook } = METRIC_ALARMS[name];
  return { alarmId: `alm_${digestOf({ alarmName, raisedAt }).slice(0, 26)}`, name, route, severity, text: alarmText(name, reason), runbook, status: 'open', raisedAt };
};
