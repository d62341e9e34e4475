import type { MonitoringRun } from '../contracts/monitoring.ts';
import { createDocument, getDocument, updateDocument } from './documents.ts';

const address = (monitoringRunId: string) => ({ pk: `MONITORING-RUN#${monitoringRunId}`, sk: 'RUN' });

export const createMonitoringRun = (table: string, run: MonitoringRun): Promise<boolean> =>
  createDocument(table, address(run.monitoringRunId), run, { gsi1pk: `MONITORING-RUNS#${run.model}`, gsi1sk: `${run.createdAt}#${run.monitoringRunId}` });

export const getMonitoringRun = (table: string, monitoringRunId: string): Promise<MonitoringRun | null> => getDocument(table, address(monitoringRunId));

export const requireMonitoringRun = async (table: string, monitoringRunId: string): Promise<MonitoringRun> => {
  const run = await getMonitoringRun(table, monitoringRunId);
  if (!run) throw new Error(`no monitoring run ${monitoringRunId}`);
  return run;
};

export const noteMonitoringRun = (table: string, monitoringRunId: string, changes: Partial<MonitoringRun>): Promise<boolean> =>
  updateDocument(table, address(monitoringRunId), changes);
