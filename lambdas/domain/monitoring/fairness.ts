import type { RawFeatures } from '../features/feature-view.ts';
import { type Estimate, difference, meanOf, pOfNoIncrease } from '../statistics/normal.ts';
import { wasPredicted } from './outcome-drift.ts';
import type { MonitoringSettings } from './settings.ts';
import { type Found, type Observed, type Reference, percent } from './watched.ts';

type Predicted = { features: RawFeatures; predicted: number; observed: number };

/**
 * Per group: has its relative error grown more than that of everybody else? Groups differ in their error by nature (the lower the dose,
 * the larger a relative error), so what is judged is the change since validation, a difference of differences.
 */
export const fairnessGaps = (settings: MonitoringSettings, reference: Reference, window: readonly Observed[]): Found => {
  const validated = reference.rows.filter(wasPredicted);
  const found: Found = { findings: [], notJudged: [] };
  const limit = settings.limits.fairnessRatio.value;
  for (const feature of settings.groups) {
    for (const level of levelsOf(feature, window)) {
      const name = `${feature} ${level}`;
      const [before, now] = [groupOf(validated, feature, level), groupOf(window, feature, level)];
      const smallest = Math.min(now.inside.length, now.outside.length, before.inside.length, before.outside.length);
      if (smallest < settings.minimum.group) {
        found.notJudged.push({ name, reason: `${smallest} patients in or outside the group; at least ${settings.minimum.group} are needed` });
        continue;
      }
      const [gapBefore, gapNow] = [gapOf(before), gapOf(now)];
      const grown = gapNow.ratio / gapBefore.ratio - 1;
      const detail = `relative error of ${name} ${percent(gapNow.inside.value, 1)}, of all others ${percent(gapNow.outside.value, 1)}; when validated ${percent(gapBefore.inside.value, 1)} and ${percent(gapBefore.outside.value, 1)}`;
      found.findings.push({
        name,
        kind: 'fairness',
        statistic: 'gap',
        value: gapNow.ratio,
        p: pOfNoIncrease(difference(gapNow.gap, gapBefore.gap)),
        effectSize: grown,
        limit,
        n: now.inside.length,
        nReference: before.inside.length,
        beyond: grown > limit,
        detail,
      });
    }
  }
  return found;
};

const levelsOf = (feature: string, rows: readonly Predicted[]): string[] => [...new Set(rows.map(({ features }) => levelOf(features, feature)))].sort();
const levelOf = (features: RawFeatures, feature: string): string => String(features[feature] ?? 'missing');

const groupOf = (rows: readonly Predicted[], feature: string, level: string) => {
  const errors = rows.map((row) => ({ inside: levelOf(row.features, feature) === level, error: Math.abs(row.predicted - row.observed) / row.observed }));
  return { inside: errors.filter(({ inside }) => inside).map(({ error }) => error), outside: errors.filter(({ inside }) => !inside).map(({ error }) => error) };
};

const gapOf = (group: { inside: number[]; outside: number[] }): { inside: Estimate; outside: Estimate; gap: Estimate; ratio: number } => {
  const [inside, outside] = [meanOf(group.inside), meanOf(group.outside)];
  return { inside, outside, gap: difference(inside, outside), ratio: inside.value / outside.value };
};
