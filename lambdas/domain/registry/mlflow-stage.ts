import type { Stage } from '../../contracts/model-version.ts';
import { MLFLOW_STAGES, type MlflowStage } from '../../contracts/registered-model.ts';

const OF: Record<Stage, MlflowStage> = {
  candidate: 'None',
  'in-review': 'Staging',
  approved: 'Staging',
  shadow: 'Staging',
  canary: 'Staging',
  production: 'Production',
  rejected: 'Archived',
  'rolled-back': 'Archived',
  superseded: 'Archived',
  retired: 'Archived',
};

/** What MLflow calls the stage of a version in this installation's own life. */
export const mlflowStage = (stage: Stage): MlflowStage => OF[stage];

/** By name in any case. */
export const stageNamed = (text: string): MlflowStage | undefined => MLFLOW_STAGES.find((stage) => stage.toLowerCase() === text.toLowerCase());

/** Names that say a version may be used on patients; they need what the project asks for. */
export const ALIAS_OF_PRODUCTION = 'champion';
