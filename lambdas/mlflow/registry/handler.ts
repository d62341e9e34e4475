import { auditQueue } from '../../adapters/audit-queue.ts';
import { serveMlflow } from '../../adapters/mlflow-api.ts';
import { Environment } from './contract.ts';
import { modelOperations } from './models.ts';
import { versionOperations } from './versions.ts';

const env = Environment.parse(process.env);

export const handler = serveMlflow(
  { ...modelOperations(env), ...versionOperations(env) },
  { table: env.TRACKING_TABLE, onFirstUse: env.PROJECTS_ON_FIRST_USE },
  auditQueue(env.AUDIT_QUEUE_URL),
);
