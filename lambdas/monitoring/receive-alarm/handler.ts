import { createAlarm } from '../../adapters/alarm-store.ts';
import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { startMachine } from '../../adapters/machines.ts';
import { step } from '../../adapters/step.ts';
import { metricAlarm } from '../../domain/monitoring/metric-alarm.ts';
import { Environment, Input, Message } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'escalate:ReceiveAlarm';

/** A CloudWatch alarm becomes an alarm that is acknowledged or escalated like any other. Our own notifications are not ours to receive. */
export const handler = step(Input, async ({ Records }) => {
  let received = 0;
  for (const { Sns } of Records) {
    const message = Message.safeParse(parsed(Sns.Message));
    if (!message.success || message.data.NewStateValue !== 'ALARM') continue;
    const alarm = metricAlarm(message.data.AlarmName, message.data.NewStateReason, new Date(message.data.StateChangeTime ?? Sns.Timestamp).toISOString());
    if (!alarm) continue;
    received++;
    await createAlarm(env.MONITORING_TABLE, alarm);
    await startMachine(env.ESCALATE_MACHINE_ARN, alarm.alarmId, { alarmId: alarm.alarmId });
    await appendAudit(
      env.AUDIT_TABLE,
      { who: servicePrincipal(STATE), what: STATE, result: 'success', data: { alarmId: alarm.alarmId, alarm: alarm.name } },
      `${STATE}:${alarm.alarmId}`,
    );
  }
  return { received };
});

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
