import * as z from 'zod';
import { DatasetCreationId, DatasetId } from '../../contracts/ids.ts';
import { Problem } from '../../contracts/outcome.ts';

export const Environment = z.object({ LAKE_TABLE: z.string(), AUDIT_TABLE: z.string() });

const ended = <T extends string, S extends z.ZodRawShape>(outcome: T, shape: S) =>
  z.object({ creationId: DatasetCreationId, ended: z.object({ outcome: z.literal(outcome), ...shape }) });
export const Input = z.union([
  ended('made', { datasetId: DatasetId }),
  ended('known', { datasetId: DatasetId }),
  ended('refused', { problem: Problem }),
  ended('faulted', { detail: z.string() }),
]);
