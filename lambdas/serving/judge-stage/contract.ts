import * as z from 'zod';
import { RolloutId } from '../../contracts/ids.ts';
import { RolloutStage } from '../../contracts/rollout.ts';

export const Environment = z.object({ REGISTRY_TABLE: z.string(), MONITORING_TABLE: z.string(), AUDIT_TABLE: z.string() });
export const Input = z.object({ rolloutId: RolloutId, stage: RolloutStage.shape.name, bakes: z.number().int().min(0).describe('bake times judged before this one') });
