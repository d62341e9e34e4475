import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { noteMonitoringRun } from '../../adapters/monitoring-store.ts';
import { step } from '../../adapters/step.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'watch:RecordWatchFault';

export const handler = step(Input, async ({ monitoringRunId }) => {
  await noteMonitoringRun(env.MONITORING_TABLE, monitoringRunId, { status: 'faulted', detail: 'the window could not be watched; see the execution of this name' });
  await appendAudit(env.AUDIT_TABLE, { who: servicePrincipal(STATE), what: STATE, result: 'fault', data: { monitoringRunId } }, `${STATE}:${monitoringRunId}`);
  return {};
});
