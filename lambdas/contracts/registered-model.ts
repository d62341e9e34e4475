import type { Stage } from './model-version.ts';
import type { Tags } from './tracking.ts';

/** Times are milliseconds since 1970-01-01 UTC, as in MLflow's protocol. */
export type RegisteredModel = {
  /** where its versions lie; stays when the name changes, and is never used again */
  key: string;
  name: string;
  createdAt: number;
  updatedAt: number;
  description?: string;
  tags: Tags;
  /** alias → version */
  aliases: Record<string, number>;
  /** the last version's number */
  last: number;
};

/** MLflow's stages. */
export const MLFLOW_STAGES = ['None', 'Staging', 'Production', 'Archived'] as const;
export type MlflowStage = (typeof MLFLOW_STAGES)[number];

/** What MLflow knows of a version. A version that this installation trained has its own stage, of which MLflow's follows. */
export type RegisteredVersion = {
  version: number;
  createdAt: number;
  updatedAt: number;
  userId: string;
  source: string;
  /** where its artifacts lie, when `source` names another model */
  location: string;
  runId?: string;
  runLink?: string;
  modelId?: string;
  description?: string;
  tags: Tags;
  stage: MlflowStage;
  deleted: boolean;
};

/** A version with what its model says of it. `clinical`: its stage in this installation's own life, where it has one. */
export type VersionView = RegisteredVersion & { name: string; aliases: string[]; clinical?: Stage };

/** One change of who is called what; none is ever overwritten. */
export type RegistryChange = {
  project: string;
  model: string;
  version: number;
  at: string;
  by: string;
  change:
    | { kind: 'registered' }
    | { kind: 'stage'; from: MlflowStage; to: MlflowStage }
    | { kind: 'alias'; alias: string; from: number | null }
    | { kind: 'alias-removed'; alias: string }
    | { kind: 'deleted' };
  signatureId?: string;
};
