import type { ModelVersion } from '../../contracts/model-version.ts';
import type { GateOutcome } from '../../contracts/run.ts';
import { type Content, type Markup, badge, code, facts, figure, html, number, sideBySide, table } from '../pages/page.ts';
import type { Gate } from '../training/gates.ts';
import { COMPARED, type Evaluation } from './evaluation.ts';

/** Drawn figures as SVG; a series that the data could not give has none. */
export type Figures = Record<'predictedVsObserved' | 'coverage' | 'calibrationByDecile' | 'subgroups', string | null>;

const BADGE = { pass: 'good', fail: 'bad', 'not-applicable': 'neutral' } as const;
/** Measured values in a column, with as many decimals each. */
const decimals = (value: number, digits: number): string => value.toFixed(digits).replace('-', '−');
const percent = (value: number): string => `${decimals(value, 1)} %`;
const between = (interval: readonly [number, number] | null | undefined): string => (interval ? `${number(interval[0])} to ${number(interval[1])}` : '–');
const count = (n: number): string => n.toLocaleString('en');
/** A unit of `1` is no unit. */
const withUnit = (text: string, unit: string): string => (unit === '' || unit === '1' ? text : `${text} ${unit}`);

/** A table from its headings and rows of cells; a column of numbers stands right. */
export const grid = (caption: string, headings: readonly string[], rows: readonly (readonly Content[])[]): Markup =>
  table(
    headings.map((heading, index) => ({
      heading,
      cell: (row: readonly Content[]) => row[index] ?? '–',
      numeric: index > 0 && rows.length > 0 && rows.every((row) => row[index] === null || /^[−\d]/.test(String(row[index]))),
    })),
    rows,
    caption,
  );

const thresholdOf = ({ comparison, threshold, unit }: GateOutcome): string =>
  withUnit(Array.isArray(threshold) ? between(threshold) : `${comparison === '<=' ? '≤' : '≥'} ${number(threshold)}`, unit);

/** Every gate with what it required and what was measured; `rules` give the reason for each threshold. */
export const gateTable = (gates: readonly GateOutcome[], rules: readonly Gate[] = []): Markup => {
  const rationale = new Map(rules.map((rule) => [rule.name, rule]));
  return table<GateOutcome>(
    [
      {
        heading: 'Gate',
        cell: ({ name, title }) =>
          html`${title}${rationale.has(name) ? html`<br><span class="note">${rationale.get(name)!.rationale} ${rationale.get(name)!.source}</span>` : null}`,
      },
      { heading: 'Required', cell: (gate) => thresholdOf(gate) },
      { heading: 'Measured', cell: ({ value, unit }) => (value === null ? '–' : withUnit(number(value), unit)) },
      { heading: '95 % interval', cell: ({ interval }) => between(interval) },
      { heading: 'n', numeric: true, cell: ({ n }) => (n === null ? '–' : count(n)) },
      { heading: 'Outcome', cell: ({ outcome, reason }) => html`${badge(BADGE[outcome], outcome)}${outcome === 'pass' ? null : html`<br><span class="note">${reason}</span>`}` },
    ],
    gates,
    'Every gate of this context of use and its risk tier, the reason for its threshold and the source',
  );
};

const comparators = (caption: string, measured: Evaluation['metrics']['external']): Markup | null => {
  if (!measured) return null;
  const names = [...Object.keys(COMPARED).filter((name) => name in measured), ...Object.keys(measured).filter((name) => !(name in COMPARED))];
  return grid(
    caption,
    ['Dosing rule', 'n', 'Mean absolute error, mg/week', 'Within 20 % of the dose'],
    names.map((name) => [COMPARED[name] ?? name, count(measured[name]!.n), decimals(measured[name]!.maeMgPerWeek, 2), percent(measured[name]!.within20Percent)]),
  );
};

export const comparisonTables = ({ metrics }: Evaluation): Markup => html`
  ${comparators('Each institution’s patients, predicted by models that never saw it', metrics.leaveOneSiteOut)}
  ${comparators('The newest patients of each institution, predicted by a model that saw only the earlier ones', metrics.validation)}
  ${comparators('Patients of other institutions, never trained on', metrics.external) ?? html`<p>The dataset holds no external institution.</p>`}`;

export const ablationVerdict = ({ ablation }: Evaluation): Markup =>
  ablation ? html`<div class="verdict"><p><strong>What each part adds.</strong> ${ablation.verdict}</p></div>` : html`<p>No ablation was measured.</p>`;

export const subgroupTable = ({ subgroups }: Evaluation): Markup =>
  subgroups.length === 0
    ? html`<p>No subgroup was large enough to be measured.</p>`
    : grid(
        'Performance by subgroup, institution left out',
        ['Group', 'n', 'Mean absolute error, mg/week', '95 % interval', 'Reference’s error', 'Within 20 %', 'Bias, mg/week', 'Interval holds'],
        subgroups.map((row) => [
          `${row.characteristic}: ${row.level}`,
          count(row.n),
          decimals(row.maeMgPerWeek, 2),
          between(row.maeInterval),
          typeof row.referenceMaeMgPerWeek === 'number' ? decimals(row.referenceMaeMgPerWeek, 2) : null,
          percent(row.within20Percent),
          typeof row.meanBiasMgPerWeek === 'number' ? decimals(row.meanBiasMgPerWeek, 2) : null,
          typeof row.coverage === 'number' ? percent(100 * row.coverage) : null,
        ]),
      );

/** Measures of one kind, by the beginning of their names. */
export const measureTable = ({ measures }: Evaluation, prefix: string, caption: string): Markup => {
  const rows = measures.filter(({ name }) => name.startsWith(prefix));
  if (rows.length === 0) return html`<p>Nothing was measured.</p>`;
  return grid(
    caption,
    ['Measure', 'Value', 'n'],
    rows.map(({ name, value, n, unit }) => [name.slice(prefix.length).replaceAll('_', ' '), value === null ? null : withUnit(number(value), unit), n ?? null]),
  );
};

/** How well it predicts, for whom, and what each part of it adds. */
export const performance = (evaluation: Evaluation, figures: Partial<Figures>): Markup => html`
  ${comparisonTables(evaluation)}
  ${ablationVerdict(evaluation)}
  ${figures.predictedVsObserved ? figure(figures.predictedVsObserved, 'Predicted against observed stable dose. Each circle is a cell of 3.5 mg/week, its area the number of patients; on the dashed line both agree.') : null}
  ${sideBySide(
    figures.coverage ? figure(figures.coverage, 'How often the prediction intervals hold the observed dose, with 95 % intervals; on the dashed line as often as they say.') : null,
    figures.calibrationByDecile ? figure(figures.calibrationByDecile, 'Mean observed against mean predicted dose, by tenths of the prediction.') : null,
  )}
  ${figures.subgroups ? figure(figures.subgroups, 'Error by subgroup; lines are 95 % intervals.') : null}
  ${subgroupTable(evaluation)}`;

export const digestList = ({ digests, runId, datasetId }: ModelVersion): Markup =>
  facts([
    ['Run', code(runId)],
    ['Dataset', code(datasetId)],
    ...Object.entries(digests).map(([name, digest]) => [`Digest: ${name}`, code(digest)] as const),
    ...(digests.container ? [] : [['Digest: container', 'not known: whoever ran the worker did not say its image (PROBAND_IMAGE)'] as const]),
  ]);
