import type { RawFeatures } from '../features/feature-view.ts';
import { difference, pOfZero } from '../statistics/normal.ts';
import { type Point, slopeWithinStrata } from '../statistics/regression.ts';
import type { MonitoringSettings } from './settings.ts';
import type { Found, Observed, Reference } from './watched.ts';

type Relation = MonitoringSettings['relations'][number];

/**
 * Does a gene still do to the dose what it did in the cohort that the version learnt from? The slope of the log dose per variant allele,
 * within the strata of the relation, so that another mix of ancestries alone does not move it.
 */
export const clinicalRelevance = (settings: MonitoringSettings, reference: Reference, window: readonly Observed[]): Found => {
  const found: Found = { findings: [], notJudged: [] };
  const limit = settings.limits.slopePerAllele.value;
  for (const relation of settings.relations) {
    const [pointsBefore, pointsNow] = [pointsOf(relation, reference.rows), pointsOf(relation, window)];
    const [before, now] = [slopeWithinStrata(pointsBefore), slopeWithinStrata(pointsNow)];
    if (!before || !now || Math.min(pointsBefore.length, pointsNow.length) < settings.minimum.outcomes) {
      found.notJudged.push({
        name: relation.name,
        reason: `${pointsNow.length} patients with dose and genotype in the window, ${pointsBefore.length} in the reference; at least ${settings.minimum.outcomes} of each, with more than one genotype, are needed`,
      });
      continue;
    }
    const change = difference(now, before);
    const effectSize = Math.abs(change.value);
    const detail = `${relation.title}: ${before.value.toFixed(3)} → ${now.value.toFixed(3)}`;
    found.findings.push({
      name: relation.name,
      kind: 'clinical-relevance',
      statistic: 'slope',
      value: now.value,
      p: pOfZero(change),
      effectSize,
      limit,
      n: pointsNow.length,
      nReference: pointsBefore.length,
      beyond: effectSize > limit,
      detail,
    });
  }
  return found;
};

const pointsOf = ({ feature, alleles, stratum }: Relation, rows: readonly { features: RawFeatures; observed: number }[]): Point[] =>
  rows.flatMap(({ features, observed }) => {
    const count = alleles[String(features[feature])];
    return count === undefined ? [] : [{ x: count, y: Math.log(observed), stratum: String(features[stratum]) }];
  });
