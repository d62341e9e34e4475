import { mean } from 'simple-statistics';
import type { Signal } from '../../contracts/monitoring.ts';
import { chiSquare } from '../statistics/chi-square.ts';
import { type Counts, countsByDecile, kullbackLeibler, populationStability } from '../statistics/divergence.ts';
import { kolmogorovSmirnov } from '../statistics/kolmogorov-smirnov.ts';
import { wasserstein } from '../statistics/wasserstein.ts';
import { type Finding, percent } from './watched.ts';

/** What is compared; without a limit it is told and alarms nobody. */
export type Compared = { name: string; kind: Signal['kind']; limit: number | null };

/** Chi-square is trusted where a class expects this many (Cochran WG. Biometrics 1954;10:417-51); rarer classes are counted as one. */
const LEAST_EXPECTED = 5;

/** A number's distribution: KS tests it, PSI says how far it moved; Wasserstein and KL are told beside it. */
export const compareNumbers = ({ name, kind, limit }: Compared, unit: string, reference: readonly number[], window: readonly number[]): Finding[] => {
  const counts = countsByDecile(reference, window);
  const psi = populationStability(counts);
  const { statistic, p } = kolmogorovSmirnov(reference, window);
  const base = { name, kind, n: window.length, nReference: reference.length };
  return [
    {
      ...base,
      statistic: 'ks',
      value: statistic,
      p,
      effectSize: psi,
      limit,
      beyond: limit !== null && psi > limit,
      detail: `${name}: mean ${mean([...reference]).toPrecision(4)} → ${mean([...window]).toPrecision(4)} ${unit}, PSI ${psi.toFixed(3)}`,
    },
    ...effects(base, counts, psi),
    { ...base, ...EFFECT, statistic: 'wasserstein', value: wasserstein(reference, window), detail: `${name}: Wasserstein-1 distance in ${unit}` },
  ];
};

/** A class's distribution: chi-square tests it, PSI says how far it moved; KL is told beside it. */
export const compareClasses = ({ name, kind, limit }: Compared, classes: readonly string[], reference: readonly string[], window: readonly string[]): Finding[] => {
  const all = { reference: countOf(classes, reference), window: countOf(classes, window) };
  const counts = pooled(all);
  const psi = populationStability(counts);
  const { statistic, p } = chiSquare(counts.reference, counts.window);
  const base = { name, kind, n: window.length, nReference: reference.length };
  return [
    {
      ...base,
      statistic: 'chi-square',
      value: statistic,
      p,
      effectSize: psi,
      limit,
      beyond: limit !== null && psi > limit,
      detail: `${name}: ${mostMoved(classes, all)}, PSI ${psi.toFixed(3)}`,
    },
    ...effects(base, counts, psi),
  ];
};

const EFFECT = { p: null, effectSize: null, limit: null, beyond: false } as const;

const effects = (base: Pick<Finding, 'name' | 'kind' | 'n' | 'nReference'>, counts: Counts, psi: number): Finding[] => [
  { ...base, ...EFFECT, statistic: 'psi', value: psi, detail: `${base.name}: population stability index` },
  { ...base, ...EFFECT, statistic: 'kl', value: kullbackLeibler(counts), detail: `${base.name}: divergence of the window from the reference, nats` },
];

const countOf = (classes: readonly string[], values: readonly string[]): number[] => classes.map((level) => values.filter((value) => value === level).length);

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** Classes that expect too few in the window are counted as one. */
const pooled = ({ reference, window }: Counts): Counts => {
  const [n, nReference] = [total(window), total(reference)];
  const rare = reference.map((count, index) => ((count + window[index]!) * n) / (n + nReference) < LEAST_EXPECTED);
  const pool = (counts: readonly number[]): number[] => [...counts.filter((_, index) => !rare[index]), total(counts.filter((_, index) => rare[index]))];
  return { reference: pool(reference), window: pool(window) };
};

const mostMoved = (classes: readonly string[], { reference, window }: Counts): string => {
  const share = (counts: readonly number[], index: number): number => counts[index]! / Math.max(1, total(counts));
  const moved = (index: number): number => Math.abs(share(window, index) - share(reference, index));
  const most = classes.reduce((best, _, index) => (moved(index) > moved(best) ? index : best), 0);
  return `${classes[most]} ${percent(share(reference, most))} → ${percent(share(window, most))}`;
};
