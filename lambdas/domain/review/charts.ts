import type { TopLevelSpec } from 'vega-lite';
import type { Evaluation, PredictedVsObserved } from './evaluation.ts';

const $schema = 'https://vega.github.io/schema/vega-lite/v6.json';
const SOFT = '#8a95a1';
const ACCENT = '#0072b2';

const quantitative = <T extends object>(field: string, title: string, more?: T) => ({ field, type: 'quantitative' as const, title, ...more });

/** A dashed line from corner to corner: perfect agreement. */
const identity = (x: string, y: string, from: number, to: number) => ({
  data: { values: [from, to].map((at) => ({ [x]: at, [y]: at })) },
  mark: { type: 'line' as const, color: SOFT, strokeDash: [4, 4] },
  encoding: { x: { field: x, type: 'quantitative' as const }, y: { field: y, type: 'quantitative' as const } },
});

/** Patients per cell of predicted and observed stable dose, mg/week; the area of a circle is the number of patients. */
export const predictedVsObserved = ({ leaveOneSiteOut, external }: PredictedVsObserved): TopLevelSpec => {
  const values = [
    ...leaveOneSiteOut.map((cell) => ({ ...cell, patients: 'institution left out' })),
    ...(external ?? []).map((cell) => ({ ...cell, patients: 'other institutions' })),
  ];
  const top = Math.ceil(Math.max(10, ...values.flatMap(({ observed, predicted }) => [observed, predicted])) / 10) * 10;
  const scale = { domain: [0, top] };
  return {
    $schema,
    description: 'Predicted against observed stable weekly dose',
    width: 400,
    height: 400,
    layer: [
      identity('observed', 'predicted', 0, top),
      {
        data: { values },
        mark: { type: 'circle', opacity: 0.55 },
        encoding: {
          x: quantitative('observed', 'Observed stable dose, mg/week', { scale }),
          y: quantitative('predicted', 'Predicted dose, mg/week', { scale }),
          size: quantitative('n', 'Patients', { scale: { range: [6, 320] } }),
          ...(external ? { color: { field: 'patients', type: 'nominal' as const, title: 'Predicted with', scale: { range: [ACCENT, '#d55e00'] } } } : { color: { value: ACCENT } }),
        },
      },
    ],
  };
};

type Calibration = NonNullable<Evaluation['calibration']>;

/** Share of observed doses inside the prediction interval, by the interval's nominal level. */
export const coverage = ({ coverageByLevel }: Calibration): TopLevelSpec => {
  const values = coverageByLevel.map(({ level, coverage: found, interval }) => ({ level, found, low: interval?.[0] ?? found, high: interval?.[1] ?? found }));
  const x = quantitative('level', 'Nominal level of the interval', { scale: { domain: [0, 1] } });
  return {
    $schema,
    description: 'Observed coverage of the prediction intervals by their nominal level',
    width: 300,
    height: 300,
    layer: [
      identity('level', 'found', 0, 1),
      {
        data: { values },
        mark: { type: 'rule', color: ACCENT },
        encoding: { x, y: quantitative('low', 'Share of patients inside', { scale: { domain: [0, 1] } }), y2: { field: 'high' } },
      },
      { data: { values }, mark: { type: 'point', filled: true, size: 45, opacity: 1, color: ACCENT }, encoding: { x, y: quantitative('found', 'Share of patients inside') } },
    ],
  };
};

/** Mean observed against mean predicted dose by tenths of the prediction, mg/week. */
export const calibrationByDecile = ({ byDecile }: Calibration): TopLevelSpec => {
  const top = Math.ceil(Math.max(10, ...byDecile.flatMap(({ predictedMean, observedMean }) => [predictedMean, observedMean])) / 10) * 10;
  return {
    $schema,
    description: 'Mean observed against mean predicted dose by tenths of the prediction',
    width: 300,
    height: 300,
    layer: [
      identity('predictedMean', 'observedMean', 0, top),
      {
        data: { values: byDecile },
        mark: { type: 'point', filled: true, size: 45, opacity: 1, color: ACCENT },
        encoding: {
          x: quantitative('predictedMean', 'Mean prediction, mg/week', { scale: { domain: [0, top] } }),
          y: quantitative('observedMean', 'Mean observed dose, mg/week', { scale: { domain: [0, top] } }),
        },
      },
    ],
  };
};

/** Mean absolute error by subgroup with its 95 % interval, the reference algorithm’s beside it, mg/week. */
export const subgroupForest = (subgroups: Evaluation['subgroups']): TopLevelSpec => {
  const values = subgroups.map(({ characteristic, level, n, maeMgPerWeek, maeInterval, referenceMaeMgPerWeek }) => ({
    row: `${characteristic}: ${level} (n = ${n})`,
    own: maeMgPerWeek,
    reference: referenceMaeMgPerWeek ?? null,
    low: maeInterval?.[0] ?? maeMgPerWeek,
    high: maeInterval?.[1] ?? maeMgPerWeek,
  }));
  const y = { field: 'row', type: 'nominal' as const, title: null, sort: null };
  const title = 'Mean absolute error, mg/week';
  const point = (field: string, label: string, filled: boolean) => ({
    transform: [{ filter: `datum.${field} !== null` }],
    mark: { type: 'point' as const, filled, size: 45, opacity: 1 },
    encoding: {
      y,
      x: quantitative(field, title),
      color: { datum: label, type: 'nominal' as const, title: null, scale: { domain: ['this model', 'reference algorithm'], range: [ACCENT, '#d55e00'] } },
    },
  });
  return {
    $schema,
    description: 'Mean absolute error by subgroup, with 95 % intervals',
    width: 420,
    height: { step: 20 },
    data: { values },
    layer: [
      { mark: { type: 'rule', color: ACCENT }, encoding: { y, x: quantitative('low', title, { scale: { zero: true } }), x2: { field: 'high' } } },
      point('own', 'this model', true),
      point('reference', 'reference algorithm', false),
    ],
  };
};
