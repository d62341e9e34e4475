import { createAlarm } from '../../adapters/alarm-store.ts';
import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { addEdges } from '../../adapters/lineage-store.ts';
import { startMachine } from '../../adapters/machines.ts';
import { noteMonitoringRun, requireMonitoringRun } from '../../adapters/monitoring-store.ts';
import { notify } from '../../adapters/notify.ts';
import { step } from '../../adapters/step.ts';
import { alarmsOf } from '../../domain/monitoring/alarms.ts';
import { causeOfRetraining } from '../../domain/monitoring/change-control.ts';
import { settingsOf } from '../../domain/monitoring/settings.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'watch:RaiseAlarms';
const TOPICS = { ops: env.TOPIC_OPS, 'data-science': env.TOPIC_DATA_SCIENCE, clinical: env.TOPIC_CLINICAL };

/** An alarm per kind of drift, told to its route, with a clock for the acknowledgement; one retraining for the gravest that the change-control plan knows. */
export const handler = step(Input, async ({ monitoringRunId }) => {
  const run = await requireMonitoringRun(env.MONITORING_TABLE, monitoringRunId);
  const alarms = alarmsOf(run, run.signals ?? [], new Date().toISOString());
  for (const alarm of alarms) {
    // told before it is stored: a step that dies between the two tells twice rather than never
    await notify(TOPICS[alarm.route], alarm, 'Proband alarm');
    await createAlarm(env.MONITORING_TABLE, alarm);
    await startMachine(env.ESCALATE_MACHINE_ARN, alarm.alarmId, { alarmId: alarm.alarmId });
    await appendAudit(
      env.AUDIT_TABLE,
      { who: servicePrincipal(STATE), what: STATE, result: 'success', data: { monitoringRunId, alarmId: alarm.alarmId, alarm: alarm.name, route: alarm.route } },
      `${STATE}:${alarm.alarmId}`,
    );
  }
  await addEdges(
    env.LINEAGE_TABLE,
    alarms.map(({ alarmId }) => ({ from: monitoringRunId, to: alarmId, relation: 'raised' })),
  );
  const cause = causeOfRetraining(alarms, settingsOf(run.model).plan);
  if (cause) await startMachine(env.RETRAIN_MACHINE_ARN, cause.alarmId, { alarmId: cause.alarmId });
  await noteMonitoringRun(env.MONITORING_TABLE, monitoringRunId, { status: 'drifted', alarmIds: alarms.map(({ alarmId }) => alarmId) });
  return { alarms: alarms.length };
});
