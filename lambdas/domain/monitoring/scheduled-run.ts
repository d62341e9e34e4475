import type { MonitoringRun } from '../../contracts/monitoring.ts';
import { digestOf } from '../canonical-json.ts';
import { lastDays } from './window.ts';

/** The day's run of a version; its id is made of version and window. */
export const scheduledRun = (modelVersion: string, model: string, days: number, now: Date, createdBy: string): MonitoringRun => {
  const window = lastDays(days, now);
  return {
    ...window,
    monitoringRunId: `mon_${digestOf({ modelVersion, ...window }).slice(0, 26)}`,
    model,
    modelVersion,
    status: 'running',
    createdAt: now.toISOString(),
    createdBy,
  };
};
