import type { ModelVersion } from '../../contracts/model-version.ts';
import type { GateOutcome } from '../../contracts/run.ts';
import { type Html, figure, html, table } from '../pages/page.ts';
import { COMPARED, type Evaluation } from './evaluation.ts';

/** Drawn figures, by name; a series that the data could not give has none. */
export type Figures = { predictedVsObserved: string | null; calibration: string | null; subgroups: string | null };

const CLASS = { pass: 'pass', fail: 'fail', 'not-applicable': 'na' } as const;
const round = (value: number, digits = 2): string => Number(value.toFixed(digits)).toString();
const thresholdOf = ({ comparison, threshold, unit }: GateOutcome): string => (Array.isArray(threshold) ? `${threshold[0]} to ${threshold[1]} ${unit}` : `${comparison === '<=' ? '≤' : '≥'} ${threshold} ${unit}`);

export const gateTable = (gates: readonly GateOutcome[]): Html =>
  table(
    'Every gate of this context of use and its risk tier',
    ['Gate', 'Required', 'Measured', '95 % interval', 'n', 'Outcome'],
    gates.map((gate) => [gate.title, thresholdOf(gate), gate.value === null ? null : `${round(gate.value, 4)} ${gate.unit}`, gate.interval ? `${round(gate.interval[0], 3)} to ${round(gate.interval[1], 3)}` : null, gate.n, html`<span class="${CLASS[gate.outcome]}">${gate.outcome}</span>${gate.outcome === 'pass' ? '' : html`<br>${gate.reason}`}`]),
  );

export const comparisonTables = ({ metrics }: Evaluation): Html => {
  const rows = (measured: Evaluation['metrics']['external']) =>
    (Object.keys(COMPARED) as (keyof typeof COMPARED)[]).flatMap((name) => {
      const metric = measured?.[name];
      return metric ? [[COMPARED[name], metric.n, round(metric.maeMgPerWeek), `${round(metric.within20Percent, 1)} %`]] : [];
    });
  const header = ['Dosing rule', 'n', 'Mean absolute error, mg/week', 'Within 20 % of the dose'];
  return html`
    ${metrics.leaveOneSiteOut ? table('Each institution predicted by models that never saw it', header, rows(metrics.leaveOneSiteOut)) : ''}
    ${metrics.external ? table('Patients of other institutions, never trained on', header, rows(metrics.external)) : html`<p>The dataset holds no external institution.</p>`}`;
};

export const performance = (evaluation: Evaluation, figures: Figures): Html => html`
  ${comparisonTables(evaluation)}
  ${evaluation.ablation ? html`<p class="notice">Does the network add anything? ${evaluation.ablation.verdict}</p>` : ''}
  ${figures.predictedVsObserved ? figure(figures.predictedVsObserved, 'Predicted against observed stable dose; the dashed line is perfect agreement.') : ''}
  ${figures.calibration ? figure(figures.calibration, 'How often the prediction intervals hold the observed dose.') : ''}
  ${figures.subgroups ? figure(figures.subgroups, 'Error by subgroup; bars are 95 % intervals.') : ''}
  ${evaluation.subgroups.length > 0 ? table('Performance by subgroup', ['Group', 'Level', 'n', 'Mean absolute error, mg/week', 'Within 20 %', 'Bias, mg/week'], evaluation.subgroups.map((row) => [row.group, row.level, row.n, round(row.maeMgPerWeek), `${round(row.within20Percent, 1)} %`, row.biasMgPerWeek === null || row.biasMgPerWeek === undefined ? null : round(row.biasMgPerWeek)])) : ''}`;

export const digestList = ({ digests, runId, datasetId }: ModelVersion): Html => html`<dl>
  <dt>run</dt><dd><code>${runId}</code></dd><dt>dataset</dt><dd><code>${datasetId}</code></dd>
  ${Object.entries(digests).map(([name, digest]) => html`<dt>${name}</dt><dd><code>${digest}</code></dd>`)}</dl>`;
