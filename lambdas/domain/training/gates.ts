import * as z from 'zod';
import type { ContextOfUse, GateOutcome } from '../../contracts/run.ts';

/** One gate of config/models/<model>/gates.json. */
export const Gate = z.strictObject({
  name: z.string(),
  title: z.string(),
  measure: z.string(),
  comparison: z.enum(['<=', '>=', 'between']),
  threshold: z.union([z.number(), z.tuple([z.number(), z.number()])]),
  unit: z.string(),
  rationale: z.string(),
  source: z.string(),
  riskTiers: z.array(z.enum(['low', 'medium', 'high'])).min(1),
  requires: z.string().optional(),
});
export type Gate = z.infer<typeof Gate>;

/** What the evaluation measured: evaluation.json's `measures`. */
export const Measure = z.object({
  name: z.string(),
  value: z.number().nullable(),
  n: z.number().int().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable().optional(),
  unit: z.string().optional(),
  evidence: z.string().nullable().optional(),
});
export type Measure = z.infer<typeof Measure>;

const holds = (gate: Gate, value: number): boolean => {
  if (gate.comparison === 'between') {
    const [low, high] = gate.threshold as [number, number];
    return value >= low && value <= high;
  }
  return gate.comparison === '<=' ? value <= (gate.threshold as number) : value >= (gate.threshold as number);
};

const shown = (threshold: Gate['threshold']): string => (Array.isArray(threshold) ? threshold.join(' to ') : String(threshold));

/**
 * Applies the gates of the context's risk tier. A measure that the data cannot give (`requires`: no external institution, not the
 * published cohort) makes its gate not applicable; a measure that ought to be there and is not, or is not a number, fails.
 */
export const decideGates = (gates: readonly Gate[], context: ContextOfUse, measures: readonly Measure[]): GateOutcome[] => {
  const byName = new Map(measures.map((measure) => [measure.name, measure]));
  return gates
    .filter(({ riskTiers }) => riskTiers.includes(context.riskTier))
    .map((gate): GateOutcome => {
      const measure = byName.get(gate.measure);
      const { name, title, comparison, threshold, unit } = gate;
      const base = {
        name,
        title,
        measure: gate.measure,
        comparison,
        threshold,
        unit,
        value: measure?.value ?? null,
        n: measure?.n ?? null,
        interval: measure?.interval ?? null,
        evidence: measure?.evidence ?? null,
      };
      if (!measure && gate.requires) return { ...base, outcome: 'not-applicable', reason: `needs ${gate.requires} data, which the dataset does not hold` };
      if (!measure || measure.value === null || !Number.isFinite(measure.value)) return { ...base, outcome: 'fail', reason: 'the evaluation did not measure it' };
      const passes = holds(gate, measure.value);
      return { ...base, outcome: passes ? 'pass' : 'fail', reason: `${measure.value} ${unit} ${passes ? 'is' : 'is not'} ${comparison} ${shown(threshold)} ${unit}` };
    });
};

export const passed = (outcomes: readonly GateOutcome[]): boolean => outcomes.some(({ outcome }) => outcome === 'pass') && outcomes.every(({ outcome }) => outcome !== 'fail');
