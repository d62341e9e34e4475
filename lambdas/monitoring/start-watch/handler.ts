import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { getDeployment } from '../../adapters/deployment-store.ts';
import { addEdges } from '../../adapters/lineage-store.ts';
import { startMachine } from '../../adapters/machines.ts';
import { createMonitoringRun } from '../../adapters/monitoring-store.ts';
import { step } from '../../adapters/step.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import { scheduledRun } from '../../domain/monitoring/scheduled-run.ts';
import { settingsOf } from '../../domain/monitoring/settings.ts';
import { MODEL_NAMES } from '../../domain/training/models.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const COMPONENT = 'watch:Schedule';

/** Once a day: every model in production is watched over its last days. The same day twice is one run: its id is made of the window. */
export const handler = step(Input, async ({ time }) => {
  const started: string[] = [];
  for (const model of MODEL_NAMES) {
    const production = (await getDeployment(env.REGISTRY_TABLE, model))?.production;
    if (!production) continue;
    const run = scheduledRun(modelVersionId(model, production), model, settingsOf(model).monitoring.window.days, new Date(time), servicePrincipal(COMPONENT).username);
    await createMonitoringRun(env.MONITORING_TABLE, run);
    await addEdges(env.LINEAGE_TABLE, [{ from: run.modelVersion, to: run.monitoringRunId, relation: 'watched by' }]);
    await startMachine(env.WATCH_MACHINE_ARN, run.monitoringRunId, { monitoringRunId: run.monitoringRunId });
    await appendAudit(
      env.AUDIT_TABLE,
      {
        who: servicePrincipal(COMPONENT),
        what: COMPONENT,
        result: 'success',
        data: { monitoringRunId: run.monitoringRunId, modelVersion: run.modelVersion, from: run.from, to: run.to },
      },
      `${COMPONENT}:${run.monitoringRunId}`,
    );
    started.push(run.monitoringRunId);
  }
  return { started };
});
