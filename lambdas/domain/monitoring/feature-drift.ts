import type { Feature, FeatureView, RawFeatures, RawValue } from '../features/feature-view.ts';
import { compareClasses, compareNumbers } from './distribution.ts';
import type { MonitoringSettings } from './settings.ts';
import type { Found, Reference, WindowRow } from './watched.ts';

const MISSING = 'missing';
const KNOWN = 'known';

/**
 * Every feature of the view, in the window against the training cohort; a field that is no longer sent is drift, too. A feature that the
 * version does not read, and that makes no group whose errors are compared, is told and alarms nobody.
 */
export const featureDrift = (view: FeatureView, settings: MonitoringSettings, reference: Reference, window: readonly WindowRow[]): Found => {
  const found: Found = { findings: [], notJudged: [] };
  for (const feature of view.features) {
    const matters = reference.read.has(feature.name) || settings.groups.includes(feature.name);
    const compared = { name: feature.name, kind: 'feature', limit: matters ? settings.limits.populationStability.value : null } as const;
    const [before, now] = [reference.rows.map(({ features }) => readValue(feature, features)), window.map(({ features }) => readValue(feature, features))];
    if (feature.kind !== 'numeric') {
      found.findings.push(...compareClasses(compared, [...levelsOf(feature), MISSING], before.map(classOf), now.map(classOf)));
      continue;
    }
    const known = (value: RawValue): string => (value === null ? MISSING : KNOWN);
    if ([...before, ...now].includes(null))
      found.findings.push(...compareClasses({ ...compared, name: `${feature.name} given` }, [KNOWN, MISSING], before.map(known), now.map(known)));
    const [numbersBefore, numbersNow] = [before.filter((value) => typeof value === 'number'), now.filter((value) => typeof value === 'number')];
    if (Math.min(numbersBefore.length, numbersNow.length) >= settings.minimum.group) found.findings.push(...compareNumbers(compared, feature.unit, numbersBefore, numbersNow));
    else
      found.notJudged.push({
        name: feature.name,
        reason: `${numbersNow.length} values in the window, ${numbersBefore.length} in the reference; at least ${settings.minimum.group} of each are needed`,
      });
  }
  return found;
};

/** As the version reads it: a number that was not given stands at its default. */
const readValue = (feature: Feature, features: RawFeatures): RawValue => features[feature.name] ?? (feature.kind === 'numeric' ? (feature.default ?? null) : null);

const levelsOf = (feature: Feature): readonly string[] => (feature.kind === 'categorical' ? feature.levels : ['0', '1']);

const classOf = (value: RawValue): string => (value === null ? MISSING : typeof value === 'boolean' ? String(Number(value)) : String(value));
