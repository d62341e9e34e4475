import { type Outcome, done } from '../../contracts/outcome.ts';
import { MLFLOW_STAGES, type MlflowStage } from '../../contracts/registered-model.ts';
import { invalid } from '../mlflow/refusals.ts';
import { stageNamed } from './mlflow-stage.ts';

export const checkStage = (text: string): Outcome<MlflowStage> => {
  const stage = stageNamed(text);
  return stage ? done(stage) : invalid(`Invalid Model Version stage: ${text}. Value must be one of ${MLFLOW_STAGES.join(', ')}.`);
};

/** Of none named: all of them. */
export const checkStages = (names: readonly string[]): Outcome<MlflowStage[]> => {
  if (names.length === 0) return done([...MLFLOW_STAGES]);
  const stages: MlflowStage[] = [];
  for (const name of names) {
    const stage = checkStage(name);
    if (!stage.ok) return stage;
    stages.push(stage.value);
  }
  return done(stages);
};

const ARCHIVING: readonly MlflowStage[] = ['Staging', 'Production'];
/** Only what stands in Staging or Production can make way for another. */
export const checkArchiving = (stage: MlflowStage, archive: boolean): Outcome<null> =>
  archive && !ARCHIVING.includes(stage)
    ? invalid(
        `Model version transition cannot archive existing model versions because '${stage}' is not an Active stage. Valid stages are ${ARCHIVING.map((name) => `'${name}'`).join(', ')}`,
      )
    : done(null);
