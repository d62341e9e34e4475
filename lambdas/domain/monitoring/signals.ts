import { quantile } from 'simple-statistics';
import type { Signal } from '../../contracts/monitoring.ts';
import type { FeatureView } from '../features/feature-view.ts';
import { benjaminiHochberg } from '../statistics/false-discovery.ts';
import { clinicalRelevance } from './clinical-relevance.ts';
import { fairnessGaps } from './fairness.ts';
import { featureDrift } from './feature-drift.ts';
import { calibrationDrift, errorDrift, labelDrift } from './outcome-drift.ts';
import type { MonitoringSettings } from './settings.ts';
import { type Finding, type Found, type NotJudged, type Reference, type WindowRow, isObserved } from './watched.ts';

/**
 * Everything that is watched in a window against the cohort that the version learnt from. A tested signal alarms only when it is
 * significant after Benjamini–Hochberg over the whole run AND its effect is beyond its limit: neither a large window nor many tests make
 * an alarm by themselves. Too little data is told, not judged.
 */
export const computeSignals = (
  view: FeatureView,
  settings: MonitoringSettings,
  reference: Reference,
  window: readonly WindowRow[],
): { signals: Signal[]; notJudged: NotJudged[] } => {
  const found = [featureDrift(view, settings, reference, window), outcomes(settings, reference, window), { findings: [latency(settings, window)], notJudged: [] }];
  return {
    signals: judge(
      found.flatMap(({ findings }) => findings),
      settings.falseDiscoveryRate.value,
    ),
    notJudged: found.flatMap(({ notJudged }) => notJudged),
  };
};

const outcomes = (settings: MonitoringSettings, reference: Reference, window: readonly WindowRow[]): Found => {
  const observed = window.filter(isObserved);
  if (observed.length < settings.minimum.outcomes)
    return {
      findings: [],
      notJudged: [
        {
          name: 'outcomes',
          reason: `${observed.length} outcomes in the window; at least ${settings.minimum.outcomes} are needed for labels, errors, calibration, fairness and clinical relevance`,
        },
      ],
    };
  const found = [errorDrift(settings, reference, observed), fairnessGaps(settings, reference, observed), clinicalRelevance(settings, reference, observed)];
  return {
    findings: [...labelDrift(settings, reference, observed), ...calibrationDrift(settings, reference, observed), ...found.flatMap(({ findings }) => findings)],
    notJudged: found.flatMap(({ notJudged }) => notJudged),
  };
};

const latency = (settings: MonitoringSettings, window: readonly WindowRow[]): Finding => {
  const limit = settings.limits.latencyP95Ms.value;
  const p95 = quantile(
    window.map(({ latencyMs }) => latencyMs),
    0.95,
  );
  return {
    name: 'latency',
    kind: 'latency',
    statistic: 'p95',
    value: p95,
    p: null,
    effectSize: p95,
    limit,
    n: window.length,
    nReference: 0,
    beyond: p95 > limit,
    detail: `95 % of answers within ${p95.toFixed(0)} ms`,
  };
};

/** The family of tests is what may alarm; what has a limit and no test (latency) alarms by its limit alone. */
const judge = (findings: readonly Finding[], falseDiscoveryRate: number): Signal[] => {
  const tested = findings.filter(({ p, limit }) => p !== null && limit !== null);
  const adjusted = benjaminiHochberg(tested.map(({ p }) => p!));
  const qOf = new Map(tested.map((finding, index) => [finding, adjusted[index]!]));
  return findings.map((finding) => {
    const { beyond, ...signal } = finding;
    const q = qOf.get(finding) ?? null;
    return { ...signal, q, alarming: beyond && (q === null || q < falseDiscoveryRate) };
  });
};
