import * as z from 'zod';
import { keys } from '../../../config/catalog/stores.ts';
import { collectArtifacts } from '../../adapters/artifacts.ts';
import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { getVerifiedJson, putObject } from '../../adapters/objects.ts';
import { noteRun, requireRun } from '../../adapters/run-store.ts';
import { step } from '../../adapters/step.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { Measure, decideGates, passed } from '../../domain/training/gates.ts';
import { requireModel } from '../../domain/training/models.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'develop:DecideGates';
const Evaluation = z.object({ measures: z.array(Measure), metrics: z.unknown() });

/** Holds what the evaluation measured against the gates of the context's risk tier; a failed gate is an outcome. */
export const handler = step(Input, async ({ runId }) => {
  const run = await requireRun(env.REGISTRY_TABLE, runId);
  const model = requireModel(run.model);
  const context = model.contexts.find(({ name }) => name === run.contextOfUse)!;
  const evaluation = await collectArtifacts(env.ARTIFACTS_BUCKET, keys.runEvaluation(runId));
  const file = evaluation.files.find(({ path }) => path === 'evaluation.json');
  if (!file) throw new Error(`the evaluation of ${runId} left no evaluation.json`);
  const { measures, metrics } = Evaluation.parse(await getVerifiedJson(file));
  const gates = decideGates(model.gates, context, measures);
  const allPassed = passed(gates);
  const gatesEvidence = await putObject(
    { bucket: env.ARTIFACTS_BUCKET, key: keys.runGates(runId) },
    canonicalJson({ runId, model: run.model, datasetId: run.datasetId, contextOfUse: context, gates }),
    'application/json',
  );
  await noteRun(env.REGISTRY_TABLE, runId, { step: 'DecideGates', evaluation, gates, gatesEvidence, metrics });
  const failed = gates.filter(({ outcome }) => outcome === 'fail').map(({ name }) => name);
  await appendAudit(
    env.AUDIT_TABLE,
    { who: servicePrincipal(STATE), what: STATE, result: allPassed ? 'success' : 'refused', data: { runId, gates: gates.length, failed, evidence: gatesEvidence.sha256 } },
    `${STATE}:${runId}`,
  );
  return { outcome: allPassed ? 'passed' : 'failed', detail: failed.length > 0 ? `failed gates: ${failed.join(', ')}` : '' };
});
