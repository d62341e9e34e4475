import { ulid } from 'ulid';
import { getAlarm, listAlarms, moveAlarm } from '../../adapters/alarm-store.ts';
import { auditChain, serve } from '../../adapters/api.ts';
import { getDeployment } from '../../adapters/deployment-store.ts';
import { addEdges } from '../../adapters/lineage-store.ts';
import { startMachine } from '../../adapters/machines.ts';
import { createMonitoringRun, getMonitoringRun } from '../../adapters/monitoring-store.ts';
import { listRetrainings } from '../../adapters/retraining-store.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import type { MonitoringRun } from '../../contracts/monitoring.ts';
import { done, notFound, refused } from '../../contracts/outcome.ts';
import { acknowledgement } from '../../domain/monitoring/acknowledgement.ts';
import { settingsOf } from '../../domain/monitoring/settings.ts';
import { checkedWindow } from '../../domain/monitoring/window.ts';
import { modelDefinition } from '../../domain/training/models.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);

export const handler = serve(
  {
    createMonitoringRun: async ({ params: { model }, body, caller, audit }) => {
      if (!modelDefinition(model)) return notFound('model', model);
      const window = checkedWindow(body, settingsOf(model).monitoring.window.mostDays);
      if (!window.ok) return window;
      const production = (await getDeployment(env.REGISTRY_TABLE, model))?.production;
      if (!production) return refused(409, 'Nothing in production', `model ${model} has no version in production to watch`);
      const now = new Date();
      const run: MonitoringRun = {
        ...window.value,
        monitoringRunId: `mon_${ulid(now.getTime())}`,
        model,
        modelVersion: modelVersionId(model, production),
        status: 'running',
        createdAt: now.toISOString(),
        createdBy: caller.username,
      };
      await createMonitoringRun(env.MONITORING_TABLE, run);
      await addEdges(env.LINEAGE_TABLE, [{ from: run.modelVersion, to: run.monitoringRunId, relation: 'watched by' }]);
      await startMachine(env.WATCH_MACHINE_ARN, run.monitoringRunId, { monitoringRunId: run.monitoringRunId });
      Object.assign(audit, { monitoringRunId: run.monitoringRunId, modelVersion: run.modelVersion });
      return done(run);
    },

    getMonitoringRun: async ({ params }) => {
      const run = await getMonitoringRun(env.MONITORING_TABLE, params.monitoringRunId);
      return run ? done(run) : notFound('monitoring run', params.monitoringRunId);
    },

    listAlarms: async ({ query }) => done({ items: await listAlarms(env.MONITORING_TABLE, query.limit) }),

    acknowledgeAlarm: async ({ params: { alarmId }, body, caller, audit }) => {
      const alarm = await getAlarm(env.MONITORING_TABLE, alarmId);
      if (!alarm) return notFound('alarm', alarmId);
      const changes = acknowledgement(alarm, caller.username, body.comment, new Date());
      if (!changes.ok) return changes;
      // between reading and writing it may have been escalated, or acknowledged by someone else
      if (!(await moveAlarm(env.MONITORING_TABLE, alarmId, alarm.status, changes.value)))
        return refused(409, 'Alarm has moved', `alarm ${alarmId} is no longer ${alarm.status}: read it again`);
      Object.assign(audit, { alarmId, alarm: alarm.name, escalated: alarm.status === 'escalated' });
      return done({ ...alarm, ...changes.value });
    },

    listRetrainings: async ({ query }) => done({ items: await listRetrainings(env.MONITORING_TABLE, query.limit) }),
  },
  auditChain(env.AUDIT_TABLE),
);
