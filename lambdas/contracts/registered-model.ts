import * as z from 'zod';
import { Timestamp } from './ids.ts';
import { Stage } from './model-version.ts';
import { ProjectName } from './project.ts';
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

const MlflowStage = z.enum(MLFLOW_STAGES);

/** One change of who is called what; none is ever overwritten. `version` 0: the model itself. */
export const RegistryChange = z.object({
  project: ProjectName,
  model: z.string(),
  version: z.number().int(),
  at: Timestamp,
  by: z.string(),
  change: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('registered') }),
    z.object({ kind: z.literal('stage'), from: MlflowStage, to: MlflowStage }),
    z.object({ kind: z.literal('alias'), alias: z.string(), from: z.number().int().nullable() }),
    z.object({ kind: z.literal('alias-removed'), alias: z.string() }),
    z.object({ kind: z.literal('deleted') }),
    z.object({ kind: z.literal('clinical-stage'), from: Stage.nullable(), to: Stage, reason: z.string() }),
  ]),
  signatureId: z.string().optional().describe('the clinical signature that the version had by then'),
});
export type RegistryChange = z.infer<typeof RegistryChange>;
