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
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);

export const handler = serve(
  {
    createMonitoringRun: async ({ params, body, caller, audit }) => {
      if (Date.parse(body.to) <= Date.parse(body.from)) return refused(400, 'Invalid window', `to ${body.to} must be after from ${body.from}`, [{ field: 'to', value: body.to, allowed: `after ${body.from}` }]);
      const deployment = await getDeployment(env.REGISTRY_TABLE, params.model);
      if (!deployment?.production) return refused(409, 'Nothing in production', `model ${params.model} has no version in production to watch`);
      const now = new Date();
      const run: MonitoringRun = { ...body, monitoringRunId: `mon_${ulid(now.getTime())}`, model: params.model, status: 'running', createdAt: now.toISOString(), createdBy: caller.username };
      await createMonitoringRun(env.MONITORING_TABLE, run);
      await addEdges(env.LINEAGE_TABLE, [{ from: modelVersionId(params.model, deployment.production), to: run.monitoringRunId, relation: 'watched by' }]);
      await startMachine(env.WATCH_MACHINE_ARN, run.monitoringRunId, { monitoringRunId: run.monitoringRunId });
      Object.assign(audit, { monitoringRunId: run.monitoringRunId });
      return done(run);
    },

    getMonitoringRun: async ({ params }) => {
      const run = await getMonitoringRun(env.MONITORING_TABLE, params.monitoringRunId);
      return run ? done(run) : notFound('monitoring run', params.monitoringRunId);
    },

    listAlarms: async ({ query }) => done({ items: await listAlarms(env.MONITORING_TABLE, query.limit) }),

    acknowledgeAlarm: async ({ params, caller, audit }) => {
      const alarm = await getAlarm(env.MONITORING_TABLE, params.alarmId);
      if (!alarm) return notFound('alarm', params.alarmId);
      const changes = { status: 'acknowledged' as const, acknowledgedAt: new Date().toISOString(), acknowledgedBy: caller.username };
      if (alarm.status === 'acknowledged' || !(await moveAlarm(env.MONITORING_TABLE, params.alarmId, alarm.status, changes))) return refused(409, 'Acknowledged', `alarm ${params.alarmId} was acknowledged by ${alarm.acknowledgedBy ?? 'someone else'}`);
      Object.assign(audit, { alarm: alarm.name, escalated: alarm.status === 'escalated' });
      return done({ ...alarm, ...changes });
    },

    listRetrainings: async ({ query }) => done({ items: await listRetrainings(env.MONITORING_TABLE, query.limit) }),
  },
  auditChain(env.AUDIT_TABLE),
);
