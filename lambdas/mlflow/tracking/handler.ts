import { auditQueue } from '../../adapters/audit-queue.ts';
import { serveMlflow } from '../../adapters/mlflow-api.ts';
import { Environment } from './contract.ts';
import { evaluationDatasetOperations } from './evaluation-datasets.ts';
import { experimentOperations } from './experiments.ts';
import { loggedModelOperations } from './logged-models.ts';
import { metricOperations } from './metrics.ts';
import { runOperations } from './runs.ts';
import { serverOperations } from './server.ts';

const env = Environment.parse(process.env);

export const handler = serveMlflow(
  { ...experimentOperations(env), ...runOperations(env), ...metricOperations(env), ...loggedModelOperations(env), ...evaluationDatasetOperations(env), ...serverOperations },
  { table: env.TRACKING_TABLE, onFirstUse: env.PROJECTS_ON_FIRST_USE },
  auditQueue(env.AUDIT_QUEUE_URL),
);
