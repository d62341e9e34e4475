import * as z from 'zod';
import { ModelName, RolloutId, Timestamp } from './ids.ts';

/** The routing entry of a model: whose answer a request gets is a sticky hash of its subject key over the shares. */
export const Deployment = z.object({
  model: ModelName,
  revision: z.number().int().min(0).describe('conditional writes: a change names the revision it saw'),
  production: z.number().int().min(1).nullable(),
  canary: z.object({ version: z.number().int().min(1), share: z.number().min(0).max(1) }).nullable(),
  shadow: z.number().int().min(1).nullable().describe('evaluated on every request that another version answers, recorded, never answered'),
  rollout: RolloutId.optional().describe('the rollout that holds this deployment now'),
  updatedAt: Timestamp,
});
export type Deployment = z.infer<typeof Deployment>;

export const RolloutRequest = z.object({ version: z.number().int().min(1) });

export const RolloutStage = z.object({
  name: z.enum(['shadow', 'canary-5', 'canary-25', 'production']),
  share: z.number().min(0).max(1),
  startedAt: Timestamp,
  endedAt: Timestamp.optional(),
  outcome: z.enum(['running', 'held', 'breached', 'too-few']),
  bakes: z.number().int().min(0).describe('bake times waited so far'),
  signals: z.array(z.object({ name: z.string(), value: z.number().nullable(), limit: z.number(), n: z.number().int(), breached: z.boolean() })),
});
export type RolloutStage = z.infer<typeof RolloutStage>;

export const Rollout = z.object({
  rolloutId: RolloutId,
  model: ModelName,
  version: z.number().int().min(1),
  previous: z.number().int().min(1).nullable(),
  status: z.enum(['running', 'completed', 'rolled-back', 'refused', 'faulted']),
  stages: z.array(RolloutStage),
  createdAt: Timestamp,
  createdBy: z.string(),
  detail: z.string().optional(),
});
export type Rollout = z.infer<typeof Rollout>;
