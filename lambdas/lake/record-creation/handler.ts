import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { noteCreation } from '../../adapters/dataset-creation-store.ts';
import { step } from '../../adapters/step.ts';
import { problemOf } from '../../contracts/outcome.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'pin:RecordCreation';

/** Ends the creation with what came of it. */
export const handler = step(Input, async ({ creationId, ended }) => {
  const endedAt = new Date().toISOString();
  if (ended.outcome === 'made' || ended.outcome === 'known') {
    await noteCreation(env.LAKE_TABLE, creationId, { status: 'made', step: ended.outcome, datasetId: ended.datasetId, endedAt });
    return { outcome: ended.outcome };
  }
  const problem = ended.outcome === 'refused' ? ended.problem : problemOf(500, 'Fault', ended.detail);
  await appendAudit(
    env.AUDIT_TABLE,
    { who: servicePrincipal(STATE), what: STATE, result: ended.outcome === 'refused' ? 'refused' : 'fault', data: { creationId, title: problem.title, detail: problem.detail } },
    `${STATE}:${creationId}`,
  );
  await noteCreation(env.LAKE_TABLE, creationId, { status: ended.outcome, problem, endedAt });
  return { outcome: ended.outcome };
});
