import * as z from 'zod';
import { RolloutId } from '../../contracts/ids.ts';
import { RolloutStage } from '../../contracts/rollout.ts';

export const Environment = z.object({ REGISTRY_TABLE: z.string(), AUDIT_TABLE: z.string(), REGISTRY_BUS: z.string(), LINEAGE_TABLE: z.string() });
export const Input = z.object({ rolloutId: RolloutId, stage: RolloutStage.shape.name });
