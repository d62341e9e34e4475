import { type Feature, type FeatureView, type RawFeatures, type RawValue, encodeRow, encodedColumns } from '../features/feature-view.ts';

/** A patient as a model reads one: `values[i]` belongs to the feature `features[i]`. */
export type EncodedPatient = { features: readonly string[]; values: readonly number[] };

/**
 * The reference patient that contributions are measured against: every numeric feature at its centre (at its default, where it has one),
 * every flag 0, every category at its first level.
 */
export const referencePatient = (view: FeatureView): RawFeatures => Object.fromEntries(view.features.map((feature) => [feature.name, referenceValue(feature)]));

const referenceValue = (feature: Feature): RawValue => {
  switch (feature.kind) {
    case 'numeric':
      return feature.default ?? feature.center;
    case 'binary':
      return 0;
    case 'categorical':
      return feature.levels[0]!;
  }
};

/** The view's encoded columns, then the raw values of the graph's scalar inputs (each a numeric feature with a default, or required). */
export const encodePatient = (view: FeatureView, scalars: readonly string[], raw: RawFeatures): EncodedPatient => ({
  features: [...encodedColumns(view).map(({ feature }) => feature), ...scalars],
  values: [...encodeRow(view, raw), ...scalars.map((name) => scalarValue(view, name, raw))],
});

const scalarValue = (view: FeatureView, name: string, raw: RawFeatures): number => {
  const feature = view.features.find((candidate) => candidate.name === name);
  if (feature?.kind !== 'numeric') throw new TypeError(`the model reads ${name}, which is no numeric feature of view ${view.name}`);
  const value = raw[name] ?? feature.default;
  if (value === undefined || value === null) throw new TypeError(`the model reads ${name}, which is not given and has no default in view ${view.name}`);
  return Number(value);
};

/** Features that were not given. */
export const missingFeatures = (names: readonly string[], raw: RawFeatures): string[] => names.filter((name) => (raw[name] ?? null) === null);
