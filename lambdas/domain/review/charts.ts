import type { TopLevelSpec } from 'vega-lite';
import type { Evaluation } from './evaluation.ts';

const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';
const BLUE = '#1f5f99';
const dose = (title: string) => ({ type: 'quantitative' as const, title });

/** Predicted against observed stable dose, with the line of identity. */
export const predictedVsObserved = (points: Evaluation['plots']['predictedVsObserved']): TopLevelSpec => {
  const top = Math.ceil(Math.max(10, ...points.flatMap(({ observed, predicted }) => [observed, predicted])) / 10) * 10;
  return {
    $schema: SCHEMA,
    width: 420,
    height: 420,
    layer: [
      { data: { values: points }, mark: { type: 'circle', size: 14, opacity: 0.35, color: BLUE }, encoding: { x: { field: 'observed', ...dose('observed stable dose, mg/week'), scale: { domain: [0, top] } }, y: { field: 'predicted', ...dose('predicted, mg/week'), scale: { domain: [0, top] } } } },
      { data: { values: [{ at: 0 }, { at: top }] }, mark: { type: 'line', color: '#51606e', strokeDash: [4, 4] }, encoding: { x: { field: 'at', type: 'quantitative' }, y: { field: 'at', type: 'quantitative' } } },
    ],
  };
};

/** Observed against nominal coverage of the prediction intervals. */
export const calibration = (points: Evaluation['calibration']): TopLevelSpec => ({
  $schema: SCHEMA,
  width: 320,
  height: 320,
  layer: [
    { data: { values: [{ at: 0 }, { at: 1 }] }, mark: { type: 'line', color: '#51606e', strokeDash: [4, 4] }, encoding: { x: { field: 'at', type: 'quantitative' }, y: { field: 'at', type: 'quantitative' } } },
    { data: { values: points }, mark: { type: 'point', filled: true, size: 70, color: BLUE }, encoding: { x: { field: 'nominal', type: 'quantitative', title: 'nominal coverage', scale: { domain: [0, 1] } }, y: { field: 'observed', type: 'quantitative', title: 'observed coverage', scale: { domain: [0, 1] } } } },
  ],
});

/** Mean absolute error by subgroup, with its interval. */
export const subgroupForest = (subgroups: Evaluation['subgroups']): TopLevelSpec => {
  const values = subgroups.map(({ group, level, n, maeMgPerWeek, interval }) => ({ row: `${group}: ${level} (n = ${n})`, maeMgPerWeek, low: interval?.[0] ?? maeMgPerWeek, high: interval?.[1] ?? maeMgPerWeek }));
  const y = { field: 'row', type: 'nominal' as const, title: null, sort: null };
  return {
    $schema: SCHEMA,
    width: 420,
    height: { step: 20 },
    data: { values },
    layer: [
      { mark: { type: 'rule', color: '#51606e' }, encoding: { y, x: { field: 'low', ...dose('mean absolute error, mg/week'), scale: { zero: true } }, x2: { field: 'high' } } },
      { mark: { type: 'point', filled: true, size: 50, color: BLUE }, encoding: { y, x: { field: 'maeMgPerWeek', type: 'quantitative' } } },
    ],
  };
};
