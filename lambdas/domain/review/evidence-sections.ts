import type { ModelVersion } from '../../contracts/model-version.ts';
import type { GateOutcome } from '../../contracts/run.ts';
import { type Content, type Markup, badge, code, facts, figure, html, table } from '../pages/page.ts';
import { COMPARED, type Evaluation } from './evaluation.ts';

/** Drawn figures, by name; a series that the data could not give has none. */
export type Figures = { predictedVsObserved: string | null; calibration: string | null; subgroups: string | null };

const BADGE = { pass: 'good', fail: 'bad', 'not-applicable': 'neutral' } as const;
const round = (value: number, digits = 2): string => Number(value.toFixed(digits)).toString();
const thresholdOf = ({ comparison, threshold, unit }: GateOutcome): string => (Array.isArray(threshold) ? `${threshold[0]} to ${threshold[1]} ${unit}` : `${comparison === '<=' ? '≤' : '≥'} ${threshold} ${unit}`);

/** A table from its headings and rows of cells; numbers stand right. */
export const grid = (caption: string, headings: readonly string[], rows: readonly (readonly Content[])[]): Markup =>
  table(headings.map((heading, index) => ({ heading, cell: (row: readonly Content[]) => row[index] ?? '–', numeric: rows.length > 0 && rows.every((row) => row[index] === null || typeof row[index] === 'number') })), rows, caption);

export const gateTable = (gates: readonly GateOutcome[]): Markup =>
  grid(
    'Every gate of this context of use and its risk tier',
    ['Gate', 'Required', 'Measured', '95 % interval', 'n', 'Outcome'],
    gates.map((gate) => [gate.title, thresholdOf(gate), gate.value === null ? null : `${round(gate.value, 4)} ${gate.unit}`, gate.interval ? `${round(gate.interval[0], 3)} to ${round(gate.interval[1], 3)}` : null, gate.n, html`${badge(BADGE[gate.outcome], gate.outcome)}${gate.outcome === 'pass' ? '' : html`<br>${gate.reason}`}`]),
  );

export const comparisonTables = ({ metrics }: Evaluation): Markup => {
  const rows = (measured: Evaluation['metrics']['external']) =>
    (Object.keys(COMPARED) as (keyof typeof COMPARED)[]).flatMap((name) => {
      const metric = measured?.[name];
      return metric ? [[COMPARED[name], metric.n, round(metric.maeMgPerWeek), `${round(metric.within20Percent, 1)} %`]] : [];
    });
  const header = ['Dosing rule', 'n', 'Mean absolute error, mg/week', 'Within 20 % of the dose'];
  return html`
    ${metrics.leaveOneSiteOut ? grid('Each institution predicted by models that never saw it', header, rows(metrics.leaveOneSiteOut)) : ''}
    ${metrics.external ? grid('Patients of other institutions, never trained on', header, rows(metrics.external)) : html`<p>The dataset holds no external institution.</p>`}`;
};

export const performance = (evaluation: Evaluation, figures: Figures): Markup => html`
  ${comparisonTables(evaluation)}
  ${evaluation.ablation ? html`<div class="verdict"><p>Does the network add anything? ${evaluation.ablation.verdict}</p></div>` : ''}
  ${figures.predictedVsObserved ? figure(figures.predictedVsObserved, 'Predicted against observed stable dose; the dashed line is perfect agreement.') : ''}
  ${figures.calibration ? figure(figures.calibration, 'How often the prediction intervals hold the observed dose.') : ''}
  ${figures.subgroups ? figure(figures.subgroups, 'Error by subgroup; bars are 95 % intervals.') : ''}
  ${evaluation.subgroups.length > 0 ? grid('Performance by subgroup', ['Group', 'Level', 'n', 'Mean absolute error, mg/week', 'Within 20 %', 'Bias, mg/week'], evaluation.subgroups.map((row) => [row.group, row.level, row.n, round(row.maeMgPerWeek), `${round(row.within20Percent, 1)} %`, row.biasMgPerWeek === null || row.biasMgPerWeek === undefined ? null : round(row.biasMgPerWeek)])) : ''}`;

export const digestList = ({ digests, runId, datasetId }: ModelVersion): Markup => facts([['run', code(runId)], ['dataset', code(datasetId)], ...Object.entries(digests).map(([name, digest]) => [name, code(digest)] as const)]);
