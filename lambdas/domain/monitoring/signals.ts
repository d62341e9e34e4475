import type { Signal } from '../../contracts/monitoring.ts';
import type { FeatureView } from '../features/feature-view.ts';
import { benjaminiHochberg } from '../statistics/false-discovery.ts';
import { mean, oneSided, quantile, slope, standardError, twoSided } from '../statistics/regression.ts';
import { chiSquare, decileCounts, kolmogorovSmirnov, kullbackLeibler, populationStability, wasserstein } from '../statistics/two-samples.ts';
import type { MonitoringSettings } from './settings.ts';

type Value = string | number | boolean | null | undefined;

/** One patient of the training cohort. */
export type ReferenceRow = { features: Record<string, Value>; label: number };
/** One prediction of the window, with what came true where it is known. */
export type WindowRow = { features: Record<string, Value>; predicted: number; lower: number; upper: number; latencyMs: number; observed: number | null };
export type Reference = { rows: readonly ReferenceRow[]; maeMgPerWeek: number; intervalLevel: number };

/** A signal before its false discovery rate is known. */
type Raw = Omit<Signal, 'q' | 'alarming'> & { beyondLimit: boolean };

/**
 * Everything that is watched in a window. A test alarms only when it is significant after Benjamini–Hochberg over the whole run AND its
 * effect is beyond its limit: neither a large sample nor many tests make an alarm by themselves.
 */
export const computeSignals = (view: FeatureView, settings: MonitoringSettings, reference: Reference, window: readonly WindowRow[]): Signal[] => {
  const withOutcome = window.filter((row): row is WindowRow & { observed: number } => row.observed !== null);
  const raw: Raw[] = [
    ...view.features.flatMap((feature) => featureSignals(feature, settings, reference.rows, window)),
    ...(withOutcome.length >= settings.minimumOutcomes
      ? [...labelSignals(settings, reference.rows, withOutcome), errorSignal(settings, reference, withOutcome), calibrationSignal(settings, reference, withOutcome), ...fairnessSignals(settings, reference, withOutcome), ...clinicalSignal(settings, reference.rows, withOutcome)]
      : []),
    latencySignal(settings, window),
  ];
  const tested = raw.filter(({ p }) => p !== null);
  const qs = benjaminiHochberg(tested.map(({ p }) => p!));
  const qOf = new Map(tested.map((signal, index) => [signal, qs[index]!]));
  return raw.map((signal) => {
    const { beyondLimit, ...rest } = signal;
    const q = qOf.get(signal) ?? null;
    const significant = q === null ? signal.statistic === 'p95' : q < settings.falseDiscoveryRate;
    return { ...rest, q, alarming: significant && beyondLimit };
  });
};

const numbers = (rows: readonly { features: Record<string, Value> }[], name: string): number[] => rows.flatMap(({ features }) => (typeof features[name] === 'number' ? [features[name]] : []));

const featureSignals = (feature: FeatureView['features'][number], settings: MonitoringSettings, reference: readonly ReferenceRow[], window: readonly WindowRow[]): Raw[] =>
  feature.kind === 'numeric' ? numericSignals(feature.name, feature.unit, settings, reference, window) : [categoricalSignal(feature.name, 'levels' in feature ? feature.levels : ['0', '1'], settings, reference, window)];

const numericSignals = (name: string, unit: string, settings: MonitoringSettings, reference: readonly ReferenceRow[], window: readonly WindowRow[]): Raw[] => {
  const [before, now] = [numbers(reference, name), numbers(window, name)];
  if (before.length < settings.minimumGroup || now.length < settings.minimumGroup) return [];
  return distribution(name, 'feature', unit, settings, before, now);
};

const distribution = (name: string, kind: Signal['kind'], unit: string, settings: MonitoringSettings, before: readonly number[], now: readonly number[]): Raw[] => {
  const limit = settings.limits.populationStability.value;
  const { statistic, p } = kolmogorovSmirnov(before, now);
  const [countsBefore, countsNow] = decileCounts(before, now);
  const psi = populationStability(countsBefore, countsNow);
  const base = { name, kind, n: now.length, nReference: before.length };
  const effect = { p: null, effectSize: null, beyondLimit: false };
  return [
    { ...base, statistic: 'ks', value: statistic, p, effectSize: psi, limit, beyondLimit: psi > limit, detail: `${name}: mean ${mean(before).toPrecision(4)} → ${mean(now).toPrecision(4)} ${unit}, PSI ${psi.toFixed(3)}` },
    { ...base, ...effect, statistic: 'psi', value: psi, limit, detail: `${name}: population stability index` },
    { ...base, ...effect, statistic: 'wasserstein', value: wasserstein(before, now), limit: Number.MAX_SAFE_INTEGER, detail: `${name}: mean distance in ${unit}` },
    { ...base, ...effect, statistic: 'kl', value: kullbackLeibler(countsBefore, countsNow), limit: Number.MAX_SAFE_INTEGER, detail: `${name}: divergence in nats` },
  ];
};

/** Missing is a class of its own: a field that is no longer sent is drift. */
const categoricalSignal = (name: string, levels: readonly string[], settings: MonitoringSettings, reference: readonly ReferenceRow[], window: readonly WindowRow[]): Raw => {
  const classes = [...levels, 'missing'];
  const classOf = (value: Value): string => (value === null || value === undefined ? 'missing' : typeof value === 'boolean' ? String(Number(value)) : String(value));
  const count = (rows: readonly { features: Record<string, Value> }[]) => classes.map((level) => rows.filter(({ features }) => classOf(features[name]) === level).length);
  const [before, now] = [count(reference), count(window)];
  const { statistic, p } = chiSquare(before, now);
  const psi = populationStability(before, now);
  const limit = settings.limits.populationStability.value;
  const share = (counts: readonly number[], index: number) => `${Math.round((100 * counts[index]!) / Math.max(1, counts.reduce((a, b) => a + b, 0)))} %`;
  const most = classes.map((_, index) => index).sort((a, b) => Math.abs(now[b]! / window.length - before[b]! / reference.length) - Math.abs(now[a]! / window.length - before[a]! / reference.length))[0]!;
  return { name, kind: 'feature', statistic: 'chi-square', value: statistic, p, effectSize: psi, limit, n: window.length, nReference: reference.length, beyondLimit: psi > limit, detail: `${name}: ${classes[most]} ${share(before, most)} → ${share(now, most)}, PSI ${psi.toFixed(3)}` };
};

type Observed = WindowRow & { observed: number };

const labelSignals = (settings: MonitoringSettings, reference: readonly ReferenceRow[], window: readonly Observed[]): Raw[] =>
  distribution('observed dose', 'label', 'mg/week', settings, reference.map(({ label }) => label), window.map(({ observed }) => observed));

const errorSignal = (settings: MonitoringSettings, reference: Reference, window: readonly Observed[]): Raw => {
  const errors = window.map(({ predicted, observed }) => Math.abs(predicted - observed));
  const mae = mean(errors);
  const relative = mae / reference.maeMgPerWeek - 1;
  const limit = settings.limits.relativeError.value;
  return { name: 'dose error', kind: 'error', statistic: 'mae', value: mae, p: oneSided((mae - reference.maeMgPerWeek) / standardError(errors)), effectSize: relative, limit, n: window.length, nReference: reference.rows.length, beyondLimit: relative > limit, detail: `mean absolute error ${mae.toFixed(2)} mg/week, ${reference.maeMgPerWeek.toFixed(2)} when validated` };
};

const calibrationSignal = (settings: MonitoringSettings, reference: Reference, window: readonly Observed[]): Raw => {
  const coverage = window.filter(({ observed, lower, upper }) => observed >= lower && observed <= upper).length / window.length;
  const level = reference.intervalLevel;
  const limit = settings.limits.coverage.value;
  return { name: 'interval coverage', kind: 'calibration', statistic: 'coverage', value: coverage, p: twoSided((coverage - level) / Math.sqrt((level * (1 - level)) / window.length)), effectSize: Math.abs(coverage - level), limit, n: window.length, nReference: reference.rows.length, beyondLimit: Math.abs(coverage - level) > limit, detail: `${(100 * coverage).toFixed(1)} % of doses inside the ${100 * level} % interval` };
};

const fairnessSignals = (settings: MonitoringSettings, reference: Reference, window: readonly Observed[]): Raw[] => {
  const all = window.map(({ predicted, observed }) => Math.abs(predicted - observed) / observed);
  const limit = settings.limits.fairnessRatio.value;
  return settings.groups.flatMap((name) =>
    [...Map.groupBy(window, ({ features }) => String(features[name] ?? 'missing'))].flatMap(([level, members]): Raw[] => {
      if (members.length < settings.minimumGroup || members.length === window.length) return [];
      const errors = members.map(({ predicted, observed }) => Math.abs(predicted - observed) / observed);
      const gap = mean(errors) / mean(all) - 1;
      return [{ name: `${name} ${level}`, kind: 'fairness', statistic: 'gap', value: mean(errors), p: oneSided((mean(errors) - mean(all)) / standardError(errors)), effectSize: gap, limit, n: members.length, nReference: reference.rows.length, beyondLimit: gap > limit, detail: `relative error of ${level} ${(100 * mean(errors)).toFixed(1)} %, of all ${(100 * mean(all)).toFixed(1)} %` }];
    }),
  );
};

/** Does the gene still do to the dose what it did in the cohort that the model learnt from? */
const clinicalSignal = (settings: MonitoringSettings, reference: readonly ReferenceRow[], window: readonly Observed[]): Raw[] => {
  const { feature, alleles, title } = settings.doseGenotype;
  const fit = (rows: readonly { features: Record<string, Value>; dose: number }[]) => {
    const known = rows.flatMap(({ features, dose }) => (Object.hasOwn(alleles, String(features[feature])) ? [[alleles[String(features[feature])]!, Math.log(dose)] as const] : []));
    return known.length < settings.minimumGroup ? null : slope(known.map(([x]) => x), known.map(([, y]) => y));
  };
  const before = fit(reference.map(({ features, label }) => ({ features, dose: label })));
  const now = fit(window.map(({ features, observed }) => ({ features, dose: observed })));
  if (!before || !now) return [];
  const difference = Math.abs(now.slope - before.slope);
  const limit = settings.limits.slopePerAllele.value;
  return [{ name: 'dose-genotype relation', kind: 'clinical-relevance', statistic: 'slope', value: now.slope, p: twoSided((now.slope - before.slope) / Math.hypot(now.standardError, before.standardError)), effectSize: difference, limit, n: now.n, nReference: before.n, beyondLimit: difference > limit, detail: `${title}: ${before.slope.toFixed(3)} → ${now.slope.toFixed(3)}` }];
};

const latencySignal = (settings: MonitoringSettings, window: readonly WindowRow[]): Raw => {
  const limit = settings.limits.latencyP95Ms.value;
  const p95 = quantile(window.map(({ latencyMs }) => latencyMs), 0.95);
  return { name: 'latency', kind: 'latency', statistic: 'p95', value: p95, p: null, effectSize: null, limit, n: window.length, nReference: 0, beyondLimit: p95 > limit, detail: `95 % of answers within ${Math.round(p95)} ms` };
};
