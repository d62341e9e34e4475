import type { TopLevelSpec } from 'vega-lite';
import type { VersionComparison } from '../../contracts/version-comparison.ts';
import type { LossHistory } from './comparison.ts';

const $schema = 'https://vega.github.io/schema/vega-lite/v6.json';

/** A version's colour: the base's and the other's, told apart in grey and by the colour-blind (Okabe and Ito 2008). */
const versionColour = ({ base, other }: Pick<VersionComparison, 'base' | 'other'>) => ({
  field: 'version',
  type: 'nominal' as const,
  title: null,
  scale: { domain: [base.modelVersion, other.modelVersion], range: ['#0072b2', '#d55e00'] },
});

/** Mean absolute error of both versions by subgroup with 95 % intervals, mg/week. */
export const subgroupErrors = (comparison: VersionComparison): TopLevelSpec => {
  const values = comparison.subgroups.flatMap(({ characteristic, level, base, other }) =>
    (
      [
        [comparison.base.modelVersion, base],
        [comparison.other.modelVersion, other],
      ] as const
    ).flatMap(([version, error]) =>
      error
        ? [
            {
              row: `${characteristic}: ${level}`,
              version,
              error: error.maeMgPerWeek,
              low: error.interval?.[0] ?? error.maeMgPerWeek,
              high: error.interval?.[1] ?? error.maeMgPerWeek,
            },
          ]
        : [],
    ),
  );
  const y = { field: 'row', type: 'nominal' as const, title: null, sort: null };
  const color = versionColour(comparison);
  const yOffset = { field: 'version' };
  const title = 'Mean absolute error, mg/week';
  return {
    $schema,
    description: 'Mean absolute error of both versions by subgroup, with 95 % intervals',
    width: 420,
    height: { step: 12 },
    data: { values },
    layer: [
      { mark: { type: 'rule' }, encoding: { y, yOffset, color, x: { field: 'low', type: 'quantitative', title }, x2: { field: 'high' } } },
      { mark: { type: 'point', filled: true, size: 40, opacity: 1 }, encoding: { y, yOffset, color, x: { field: 'error', type: 'quantitative', title } } },
    ],
  };
};

/** Training loss by checkpoint, mean over folds, of both versions. */
export const lossCurves = (comparison: VersionComparison, losses: { base: LossHistory | null; other: LossHistory | null }): TopLevelSpec | null => {
  const curve = (version: string, history: LossHistory | null) =>
    (history?.hybrid ?? []).map((folds, index) => ({ version, checkpoint: index + 1, loss: folds.reduce((sum, loss) => sum + loss, 0) / folds.length }));
  const values = [...curve(comparison.base.modelVersion, losses.base), ...curve(comparison.other.modelVersion, losses.other)];
  if (values.length === 0) return null;
  return {
    $schema,
    description: 'Training loss of both versions by checkpoint',
    width: 420,
    height: 240,
    data: { values },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'checkpoint', type: 'quantitative', title: 'Checkpoint of the training', axis: { tickMinStep: 1 } },
      y: { field: 'loss', type: 'quantitative', title: 'Training loss, mean over folds', scale: { zero: false } },
      color: versionColour(comparison),
      strokeDash: { field: 'version', type: 'nominal', title: null, scale: { domain: [comparison.base.modelVersion, comparison.other.modelVersion], range: [[], [5, 3]] } },
    },
  };
};
