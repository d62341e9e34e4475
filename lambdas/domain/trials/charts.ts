import type { TopLevelSpec } from 'vega-lite';
import type { TrialResult } from './result.ts';

const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';
const SIZE = { width: 560, height: 260 };

export type TrialChart = { caption: string; specification: TopLevelSpec };

/** The page's pictures: time in range beside the published, share in range by day, INR by day. */
export const trialCharts = (result: TrialResult): TrialChart[] => [timeInRange(result), percentInRange(result), inrCourse(result)];

/** Each arm's time in range with its interval, simulated and published. */
const timeInRange = ({ arms, published, interval }: TrialResult): TrialChart => {
  const values = [
    ...arms.flatMap(({ name, ttrPercent, interval: range }) =>
      ttrPercent === null ? [] : [{ arm: name, of: 'simulated', ttrPercent, low: range?.[0] ?? ttrPercent, high: range?.[1] ?? ttrPercent }],
    ),
    ...published.arms.flatMap(({ name, ttrPercent }) =>
      ttrPercent === null || ttrPercent === undefined ? [] : [{ arm: name, of: 'published', ttrPercent, low: ttrPercent, high: ttrPercent }],
    ),
  ];
  const x = { field: 'arm', type: 'nominal' as const, title: null, axis: { labelAngle: 0 } };
  const xOffset = { field: 'of', type: 'nominal' as const, sort: ['simulated', 'published'] };
  return {
    caption: `Time in the target range over the whole trial; lines are ${100 * interval.level} % intervals (${interval.method}).`,
    specification: {
      $schema: SCHEMA,
      ...SIZE,
      description: 'Time in range of each arm, simulated and published',
      data: { values },
      layer: [
        {
          mark: { type: 'bar' },
          encoding: {
            x,
            xOffset,
            y: { field: 'ttrPercent', type: 'quantitative', title: 'time in range, %', scale: { domain: [0, 100] } },
            color: { field: 'of', type: 'nominal', title: null, sort: ['simulated', 'published'] },
          },
        },
        { mark: { type: 'rule', strokeWidth: 1.5 }, encoding: { x, xOffset, y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } } },
        { mark: { type: 'text', color: 'white', fontSize: 11 }, encoding: { x, xOffset, y: { datum: 5 }, text: { field: 'ttrPercent', format: '.1f' } } },
      ],
    },
  };
};

const byDay = ({ series }: TrialResult) =>
  series.arms.flatMap(({ name, meanInr, lowerDecileInr, upperDecileInr, percentInRange }) =>
    series.days.map((day, index) => ({ arm: name, day, inr: meanInr[index], low: lowerDecileInr[index], high: upperDecileInr[index], percentInRange: percentInRange[index] })),
  );

const day = { field: 'day', type: 'quantitative' as const, title: 'day of the trial' };
const arm = { field: 'arm', type: 'nominal' as const, title: null };

const percentInRange = (result: TrialResult): TrialChart => ({
  caption: `Share of the patients still followed whose true INR is between ${result.design.targetInr[0]} and ${result.design.targetInr[1]}, by day.`,
  specification: {
    $schema: SCHEMA,
    ...SIZE,
    description: 'Share of patients in range by day and arm',
    data: { values: byDay(result) },
    mark: { type: 'line', strokeWidth: 2 },
    encoding: { x: day, y: { field: 'percentInRange', type: 'quantitative', title: 'patients in range, %', scale: { domain: [0, 100] } }, color: arm },
  },
});

const inrCourse = (result: TrialResult): TrialChart => {
  const [low, high] = result.design.targetInr;
  return {
    caption: 'Mean INR by day; bands hold the middle 80 % of the patients, the dashed lines bound the target range.',
    specification: {
      $schema: SCHEMA,
      ...SIZE,
      description: 'Mean INR by day and arm',
      data: { values: byDay(result) },
      layer: [
        {
          mark: { type: 'area', opacity: 0.12 },
          encoding: {
            x: day,
            y: { field: 'low', type: 'quantitative', title: 'INR', scale: { zero: false } },
            y2: { field: 'high' },
            color: { ...arm, legend: { symbolType: 'stroke', symbolOpacity: 1, symbolStrokeWidth: 2 } },
          },
        },
        { mark: { type: 'line', strokeWidth: 2 }, encoding: { x: day, y: { field: 'inr', type: 'quantitative' }, color: arm } },
        ...[low, high].map((bound) => ({
          data: { values: [{ bound }] },
          mark: { type: 'rule' as const, strokeDash: [4, 4] },
          encoding: { y: { field: 'bound', type: 'quantitative' as const } },
        })),
      ],
    },
  };
};
