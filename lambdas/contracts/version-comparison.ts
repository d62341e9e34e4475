import * as z from 'zod';
import { DatasetId, ModelName, ModelVersionId, RunId, Timestamp } from './ids.ts';
import { Stage } from './model-version.ts';

const Compared = z.object({
  modelVersion: ModelVersionId,
  stage: Stage,
  createdAt: Timestamp,
  createdBy: z.string(),
  runId: RunId,
  datasetId: DatasetId,
});

const Value = z.union([z.string(), z.number(), z.boolean(), z.null()]);
/** Something that both versions have a value of, or one of them. */
const Fact = z.object({ name: z.string(), base: Value, other: Value, same: z.boolean() });
const Measured = z.object({ value: z.number().nullable(), n: z.number().int().nullable(), interval: z.tuple([z.number(), z.number()]).nullable() });
const change = z.number().nullable().describe('other minus base; null where one of them has no value');

/**
 * How two versions differ. `other` is read against `base`. A subgroup's error is called better or worse only where its 95 % interval
 * excludes the other version's error and the other way round; two cohorts that differ are said to differ.
 */
export const VersionComparison = z.object({
  model: ModelName,
  base: Compared,
  other: Compared,
  sameData: z.boolean().describe('whether both were trained and measured on the same bytes; if not, differences of measures are of the data, too'),
  digests: z.array(Fact),
  parameters: z.array(Fact),
  gates: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      unit: z.string(),
      base: Measured.extend({ outcome: z.enum(['pass', 'fail', 'not-applicable', 'absent']) }),
      other: Measured.extend({ outcome: z.enum(['pass', 'fail', 'not-applicable', 'absent']) }),
      sameThreshold: z.boolean(),
      change,
    }),
  ),
  performance: z.array(
    z.object({
      how: z.enum(['leaveOneSiteOut', 'validation', 'external']),
      base: z.object({ n: z.number().int(), maeMgPerWeek: z.number(), within20Percent: z.number() }).nullable(),
      other: z.object({ n: z.number().int(), maeMgPerWeek: z.number(), within20Percent: z.number() }).nullable(),
      change: z.object({ maeMgPerWeek: change, within20Percent: change }),
    }),
  ),
  subgroups: z.array(
    z.object({
      characteristic: z.string(),
      level: z.string(),
      base: z.object({ n: z.number().int(), maeMgPerWeek: z.number(), interval: z.tuple([z.number(), z.number()]).nullable() }).nullable(),
      other: z.object({ n: z.number().int(), maeMgPerWeek: z.number(), interval: z.tuple([z.number(), z.number()]).nullable() }).nullable(),
      changeMgPerWeek: change,
      verdict: z.enum(['better', 'worse', 'indistinguishable', 'not-comparable']),
    }),
  ),
});
export type VersionComparison = z.infer<typeof VersionComparison>;
