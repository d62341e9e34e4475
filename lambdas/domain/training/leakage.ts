import type { LeakageFinding } from '../../contracts/run.ts';
import type { FeatureView } from '../features/feature-view.ts';
import { spearman } from './rank-correlation.ts';
import type { SplitRow } from './split.ts';

/** A feature that orders the patients almost as the label does is the label. */
const COPIED_RANK_CORRELATION = 0.98;
/** A feature that equals the label in so many patients is the label. */
const COPIED_EQUAL_SHARE = 0.9;
/** Fewer patients than this say nothing about either. */
const COPIED_MIN_PATIENTS = 30;
/** Twins by chance: measured between training institutions, this many times their rate (and this many) is more than chance. */
const TWIN_FACTOR = 3;
const TWIN_FLOOR = 3;

const finding = (check: LeakageFinding['check'], count: number, detail: string): LeakageFinding => ({ check, outcome: count > 0 ? 'fail' : 'pass', count, detail });

/** All checks; any `fail` blocks training. Findings name columns, institutions and counts, never a patient. */
export const findLeakage = (view: FeatureView, rows: readonly (SplitRow & { useByFile: readonly string[] })[]): LeakageFinding[] => [
  patientInTwoSplits(rows),
  duplicateAcrossSplits(rows),
  externalInstitution(rows),
  featureAfterIndex(view),
  targetCopied(view, rows),
];

/** A person of a development file and of an external file is in two splits, whichever of them the row was counted in. */
const patientInTwoSplits = (rows: readonly (SplitRow & { useByFile: readonly string[] })[]): LeakageFinding => {
  const count = rows.filter(({ useByFile }) => new Set(useByFile).size > 1).length;
  return finding('patient-in-two-splits', count, count > 0 ? `${count} patients stand in development and in external files` : 'no patient stands in two splits');
};

/** By the files that a patient came in: one who came in both makes the institution stand on both sides. */
const externalInstitution = (rows: readonly (SplitRow & { useByFile: readonly string[] })[]): LeakageFinding => {
  const sites = (use: string) => new Set(rows.filter(({ useByFile }) => useByFile.includes(use)).map(({ site }) => site));
  const [external, development] = [sites('external'), sites('development')];
  if (external.size === 0) return { check: 'external-institution-in-training', outcome: 'not-applicable', count: 0, detail: 'the dataset has no external institution' };
  const shared = [...external].filter((site) => development.has(site));
  return finding(
    'external-institution-in-training',
    shared.length,
    shared.length > 0
      ? `institutions ${shared.join(', ')} stand in training and in external validation`
      : `external institutions ${[...external].join(', ')} are unseen in training`,
  );
};

/**
 * The same patient under two pseudonyms: every feature, the label and the observations equal, among patients with measured height and
 * weight. Coarse features make honest twins, so the rate between training institutions is the measure of chance.
 */
const duplicateAcrossSplits = (rows: readonly SplitRow[]): LeakageFinding => {
  const measured = rows.filter(({ raw }) => raw['height_cm'] !== null && raw['weight_kg'] !== null);
  const twins = new Map<string, SplitRow[]>();
  for (const row of measured) {
    const key = JSON.stringify([row.raw, row.label, row.observed]);
    const held = twins.get(key);
    if (held) held.push(row);
    else twins.set(key, [row]);
  }
  let across = 0;
  let chance = 0;
  for (const group of twins.values()) {
    const pairs = group.flatMap((a, index) => group.slice(index + 1).map((b) => [a, b] as const));
    across += pairs.filter(([a, b]) => a.split !== b.split).length;
    chance += pairs.filter(([a, b]) => a.split === 'train' && b.split === 'train' && a.site !== b.site).length;
  }
  const counted = (split: string) => measured.filter((row) => row.split === split).length;
  const [train, other] = [counted('train'), measured.length - counted('train')];
  if (other === 0) return { check: 'duplicate-across-splits', outcome: 'not-applicable', count: 0, detail: 'one split only' };
  const expected = (chance * 2 * other) / Math.max(train, 1);
  const allowed = Math.max(TWIN_FLOOR, TWIN_FACTOR * expected);
  const found = across > allowed ? across : 0;
  return {
    ...finding('duplicate-across-splits', found, `${across} identical pairs across splits, ${expected.toFixed(1)} expected by chance, ${allowed.toFixed(1)} allowed`),
    count: across,
  };
};

const featureAfterIndex = (view: FeatureView): LeakageFinding => {
  const late = view.features.filter(({ known }) => known === 'after-index').map(({ name }) => name);
  const observed = new Set([view.label.item, ...view.observed.map(({ item }) => item)]);
  const reads = view.features.filter(({ from }) => itemsOf(from).some((item) => observed.has(item))).map(({ name }) => name);
  const all = [...new Set([...late, ...reads])];
  return finding(
    'feature-after-index-date',
    all.length,
    all.length > 0 ? `features ${all.join(', ')} are known only after the index date` : 'every feature is known at the index date',
  );
};

const itemsOf = (rule: FeatureView['features'][number]['from']): string[] =>
  'items' in rule ? rule.items : 'entries' in rule ? rule.entries.map(({ item }) => item) : [rule.item];

const targetCopied = (view: FeatureView, rows: readonly SplitRow[]): LeakageFinding => {
  const copied = view.features
    .filter(({ kind }) => kind === 'numeric')
    .filter(({ name }) => {
      const pairs = rows.flatMap(({ raw, label }) => (typeof raw[name] === 'number' ? [[raw[name], label] as const] : []));
      if (pairs.length < COPIED_MIN_PATIENTS) return false;
      const equal = pairs.filter(([value, label]) => value === label).length / pairs.length;
      return (
        equal > COPIED_EQUAL_SHARE ||
        Math.abs(
          spearman(
            pairs.map(([value]) => value),
            pairs.map(([, label]) => label),
          ),
        ) > COPIED_RANK_CORRELATION
      );
    })
    .map(({ name }) => name);
  return finding('target-copied-into-feature', copied.length, copied.length > 0 ? `features ${copied.join(', ')} repeat the label` : 'no numeric feature repeats the label');
};
