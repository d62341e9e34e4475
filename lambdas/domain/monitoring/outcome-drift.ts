import { difference, meanOf, pOfNoIncrease, pOfZero } from '../statistics/normal.ts';
import { compareNumbers } from './distribution.ts';
import type { MonitoringSettings } from './settings.ts';
import { type Finding, type Found, type Observed, type Reference, type ReferenceRow, percent } from './watched.ts';

export const labelDrift = (settings: MonitoringSettings, reference: Reference, window: readonly Observed[]): Finding[] =>
  compareNumbers(
    { name: 'observed dose', kind: 'label', limit: settings.limits.populationStability.value },
    'mg/week',
    reference.rows.map(({ observed }) => observed),
    window.map(({ observed }) => observed),
  );

/** The dose error against that of patients whom the fit had not seen; only a larger one alarms. */
export const errorDrift = (settings: MonitoringSettings, reference: Reference, window: readonly Observed[]): Found => {
  const before = reference.rows.filter(wasPredicted).map(absoluteError);
  if (before.length < settings.minimum.group)
    return {
      findings: [],
      notJudged: [{ name: 'dose error', reason: `${before.length} patients of the reference have an out-of-fold prediction; at least ${settings.minimum.group} are needed` }],
    };
  const [validated, now] = [meanOf(before), meanOf(window.map(absoluteError))];
  const grown = now.value / validated.value - 1;
  const limit = settings.limits.relativeError.value;
  const detail = `mean absolute error ${now.value.toFixed(2)} mg/week, ${validated.value.toFixed(2)} when validated`;
  return {
    findings: [
      {
        name: 'dose error',
        kind: 'error',
        statistic: 'mae',
        value: now.value,
        p: pOfNoIncrease(difference(now, validated)),
        effectSize: grown,
        limit,
        n: window.length,
        nReference: before.length,
        beyond: grown > limit,
        detail,
      },
    ],
    notJudged: [],
  };
};

/** The share of doses inside the interval against its nominal level; too wide is as wrong as too narrow. */
export const calibrationDrift = (settings: MonitoringSettings, { intervalLevel, rows }: Reference, window: readonly Observed[]): Finding[] => {
  const n = window.length;
  const coverage = window.filter(({ observed, lower, upper }) => lower <= observed && observed <= upper).length / n;
  const off = coverage - intervalLevel;
  const limit = settings.limits.coverage.value;
  const p = pOfZero({ value: off, error: Math.sqrt((intervalLevel * (1 - intervalLevel)) / n) });
  return [
    {
      name: 'interval coverage',
      kind: 'calibration',
      statistic: 'coverage',
      value: coverage,
      p,
      effectSize: Math.abs(off),
      limit,
      n,
      nReference: rows.length,
      beyond: Math.abs(off) > limit,
      detail: `${percent(coverage, 1)} of doses inside the ${percent(intervalLevel)} interval`,
    },
  ];
};

type Predicted = ReferenceRow & { predicted: number };
export const wasPredicted = (row: ReferenceRow): row is Predicted => row.predicted !== null;

const absoluteError = ({ predicted, observed }: { predicted: number; observed: number }): number => Math.abs(predicted - observed);
