import { getAlarm, moveAlarm } from '../../adapters/alarm-store.ts';
import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { notify } from '../../adapters/notify.ts';
import { step } from '../../adapters/step.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'escalate:CheckAcknowledgement';

/** The time to acknowledge is over: an alarm that is still open goes to the escalation route. */
export const handler = step(Input, async ({ alarmId }) => {
  const alarm = await getAlarm(env.MONITORING_TABLE, alarmId);
  if (!alarm) throw new Error(`no alarm ${alarmId}`);
  if (alarm.status !== 'open') return { outcome: alarm.status };
  await notify(env.TOPIC_ESCALATION, alarm, 'Proband escalation, not acknowledged');
  const escalated = await moveAlarm(env.MONITORING_TABLE, alarmId, 'open', { status: 'escalated', escalatedAt: new Date().toISOString() });
  if (escalated) await appendAudit(env.AUDIT_TABLE, { who: servicePrincipal(STATE), what: STATE, result: 'success', data: { alarmId, alarm: alarm.name } }, `${STATE}:${alarmId}`);
  return { outcome: 'escalated' };
});
