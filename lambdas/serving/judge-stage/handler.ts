import { MAXIMUM_RECORDS } from '../../../config/catalog/rollout.ts';
import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { listPredictionFaults, listPredictions, listShadowPredictions } from '../../adapters/prediction-store.ts';
import { requireRollout, updateRollout } from '../../adapters/rollout-store.ts';
import { step } from '../../adapters/step.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import { servingFacts } from '../../domain/serving/model-facts.ts';
import { judgeStage, stageSignals } from '../../domain/serving/stage-signals.ts';
import { judgedStage } from '../../domain/serving/stages.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'rollout:JudgeStage';

/** Judges what was recorded since the stage began. The verdict and its signals are kept with the rollout and on the audit chain. */
export const handler = step(Input, async ({ rolloutId, stage, bakes }) => {
  const rollout = await requireRollout(env.REGISTRY_TABLE, rolloutId);
  const { model, version, previous } = rollout;
  const begun = rollout.stages.find(({ name }) => name === stage);
  if (!begun) throw new Error(`${rolloutId} is not in stage ${stage}`);
  const now = new Date().toISOString();
  const recorded = [env.MONITORING_TABLE, model, begun.startedAt, now, MAXIMUM_RECORDS] as const;
  const [answers, shadows, faults] = await Promise.all([listPredictions(...recorded), listShadowPredictions(...recorded), listPredictionFaults(...recorded)]);
  const { plausibleDoseMgPerWeek } = servingFacts(model);
  const signals = stageSignals({ version, previous, answers, shadows, faults, plausibleDoseMgPerWeek });
  const verdict = judgeStage(stage, signals, previous !== null, bakes + 1);
  const rolledBack = verdict.next === 'roll-back';
  await updateRollout(env.REGISTRY_TABLE, rolloutId, {
    stages: judgedStage(rollout.stages, stage, { outcome: verdict.outcome, signals, bakes: bakes + 1 }, now),
    ...(rolledBack || verdict.outcome === 'too-few' ? { detail: verdict.reason } : {}),
  });
  if (verdict.next !== 'bake-again') {
    await appendAudit(
      env.AUDIT_TABLE,
      {
        who: servicePrincipal(STATE),
        what: STATE,
        result: rolledBack ? 'refused' : 'success',
        data: { rolloutId, stage, modelVersion: modelVersionId(model, version), ...verdict, bakes: bakes + 1, signals },
      },
      `${STATE}:${rolloutId}:${stage}:${bakes + 1}`,
    );
  }
  return { bakes: bakes + 1, next: verdict.next };
});
