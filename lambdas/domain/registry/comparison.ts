import * as z from 'zod';
import { modelVersionId } from '../../contracts/ids.ts';
import type { ModelVersion } from '../../contracts/model-version.ts';
import type { GateOutcome } from '../../contracts/run.ts';
import type { VersionComparison } from '../../contracts/version-comparison.ts';
import { canonicalJson } from '../canonical-json.ts';
import type { Evaluation } from '../review/evaluation.ts';

/** A version with what was measured of it and its run, whose `hyperparameters` are all that it was trained with. */
export type VersionFacts = { version: ModelVersion; run: { seed: number; contextOfUse: string; hyperparameters: Record<string, unknown> }; evaluation: Evaluation };

/** What comparisons show of the container's history.json (containers/README.md): loss by checkpoint and fold. */
export const LossHistory = z.object({ steps: z.number(), folds: z.array(z.string()).min(1), hybrid: z.array(z.array(z.number())).min(1) });
export type LossHistory = z.infer<typeof LossHistory>;

type Value = string | number | boolean | null;
type Facts = Record<string, Value>;
type Subgroup = VersionComparison['subgroups'][number];
type Group = Evaluation['subgroups'][number];

const HOWS = ['leaveOneSiteOut', 'validation', 'external'] as const;

/** What differs between two versions of a model, `other` read against `base`. */
export const compareVersions = (base: VersionFacts, other: VersionFacts): VersionComparison => ({
  model: base.version.model,
  base: headOf(base.version),
  other: headOf(other.version),
  sameData: base.version.digests.data === other.version.digests.data,
  digests: factsOf(base.version.digests, other.version.digests),
  parameters: factsOf(parametersOf(base), parametersOf(other)),
  gates: gatesOf(base.version.gates, other.version.gates),
  performance: HOWS.flatMap((how) => {
    const [a, b] = [base.evaluation.metrics[how]?.['model'] ?? null, other.evaluation.metrics[how]?.['model'] ?? null];
    if (!a && !b) return [];
    return [{ how, base: a, other: b, change: { maeMgPerWeek: minus(b?.maeMgPerWeek, a?.maeMgPerWeek), within20Percent: minus(b?.within20Percent, a?.within20Percent) } }];
  }),
  subgroups: subgroupsOf(base.evaluation.subgroups, other.evaluation.subgroups),
});

const headOf = ({ model, version, stage, createdAt, createdBy, runId, datasetId }: ModelVersion) => ({
  modelVersion: modelVersionId(model, version),
  stage,
  createdAt,
  createdBy,
  runId,
  datasetId,
});

const scalar = (value: unknown): Value => (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : canonicalJson(value));

const parametersOf = ({ version, run }: VersionFacts): Facts => ({
  ...Object.fromEntries(Object.entries(run.hyperparameters).map(([name, value]) => [name, scalar(value)])),
  seed: run.seed,
  'context of use': run.contextOfUse,
  'risk tier': version.contextOfUse.riskTier,
});

/** By name, those that differ first. */
const factsOf = (base: Facts, other: Facts): VersionComparison['digests'] =>
  [...new Set([...Object.keys(base), ...Object.keys(other)])]
    .map((name) => ({ name, base: base[name] ?? null, other: other[name] ?? null, same: base[name] === other[name] }))
    .sort((a, b) => Number(a.same) - Number(b.same) || a.name.localeCompare(b.name, 'en'));

const gatesOf = (base: readonly GateOutcome[], other: readonly GateOutcome[]): VersionComparison['gates'] => {
  const [left, right] = [base, other].map((gates) => new Map(gates.map((gate) => [gate.name, gate]))) as [Map<string, GateOutcome>, Map<string, GateOutcome>];
  return [...new Set([...left.keys(), ...right.keys()])].map((name) => {
    const [a, b] = [left.get(name), right.get(name)];
    const { title, unit } = (b ?? a)!;
    return { name, title, unit, base: measuredOf(a), other: measuredOf(b), sameThreshold: ruleOf(a) === ruleOf(b), change: minus(b?.value, a?.value) };
  });
};
const measuredOf = (gate: GateOutcome | undefined) => ({
  value: gate?.value ?? null,
  n: gate?.n ?? null,
  interval: gate?.interval ?? null,
  outcome: gate?.outcome ?? ('absent' as const),
});
const ruleOf = (gate: GateOutcome | undefined): string => (gate ? canonicalJson([gate.comparison, gate.threshold, gate.unit]) : '');

const subgroupsOf = (base: readonly Group[], other: readonly Group[]): Subgroup[] => {
  const keyOf = ({ characteristic, level }: Group) => JSON.stringify([characteristic, level]);
  const [left, right] = [base, other].map((groups) => new Map(groups.map((group) => [keyOf(group), group]))) as [Map<string, Group>, Map<string, Group>];
  return [...new Set([...left.keys(), ...right.keys()])].map((key) => {
    const [a, b] = [left.get(key), right.get(key)];
    const { characteristic, level } = (b ?? a)!;
    return { characteristic, level, base: errorOf(a), other: errorOf(b), changeMgPerWeek: minus(b?.maeMgPerWeek, a?.maeMgPerWeek), verdict: verdictOf(a, b) };
  });
};
const errorOf = (group: Group | undefined) => (group ? { n: group.n, maeMgPerWeek: group.maeMgPerWeek, interval: group.maeInterval ?? null } : null);

/** Both intervals must exclude the other's error: one alone would call noise a change twice as often. */
const verdictOf = (base: Group | undefined, other: Group | undefined): Subgroup['verdict'] => {
  if (!base?.maeInterval || !other?.maeInterval) return 'not-comparable';
  const outside = (value: number, [lower, upper]: readonly [number, number]) => value < lower || value > upper;
  if (!outside(other.maeMgPerWeek, base.maeInterval) || !outside(base.maeMgPerWeek, other.maeInterval)) return 'indistinguishable';
  return other.maeMgPerWeek < base.maeMgPerWeek ? 'better' : 'worse';
};

const minus = (a: number | null | undefined, b: number | null | undefined): number | null => (typeof a === 'number' && typeof b === 'number' ? a - b : null);
