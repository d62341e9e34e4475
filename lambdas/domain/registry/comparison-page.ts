import type { VersionComparison } from '../../contracts/version-comparison.ts';
import { type Content, type Markup, badge, code, figure, html, moment, number, page, section } from '../pages/page.ts';
import { grid } from '../review/evidence-sections.ts';

/** Drawn figures as SVG; null where there is nothing to draw. */
export type ComparisonFigures = { subgroups: string | null; losses: string | null };

type Fact = VersionComparison['digests'][number];
type Gate = VersionComparison['gates'][number];

/** Two versions beside each other: what differs in how they were made, in what was measured, and for whom. */
export const comparisonPage = (comparison: VersionComparison, figures: ComparisonFigures): string => {
  const { base, other } = comparison;
  return page({
    title: `${base.modelVersion} and ${other.modelVersion}`,
    subtitle: html`${other.modelVersion} read against ${base.modelVersion}`,
    body: html`
${section('verdict', 'In short', inShort(comparison), grid('', ['', base.modelVersion, other.modelVersion], heads(comparison)))}
${section('performance', 'Performance', performance(comparison))}
${section(
  'subgroups',
  'Subgroups',
  html`<p>Better or worse only where each version’s error lies outside the other’s 95 % interval.</p>`,
  figures.subgroups ? figure(figures.subgroups, 'Error by subgroup; lines are 95 % intervals.') : null,
  subgroups(comparison),
)}
${section('gates', 'Gates', gates(comparison))}
${section('training', 'Training', figures.losses ? figure(figures.losses, 'Training loss, mean over the folds.') : null, factTable('Parameters; those that differ first', comparison, comparison.parameters))}
${section('digests', 'Digests', factTable('What each version is made of, SHA-256; those that differ first', comparison, comparison.digests, code))}`,
  });
};

const inShort = ({ sameData, subgroups: groups, gates: compared, parameters }: VersionComparison): Markup => {
  const count = (verdict: string) => groups.filter((group) => group.verdict === verdict).length;
  const changed = compared.filter(({ base, other }) => base.outcome !== other.outcome).length;
  return html`<div class="verdict"><p><strong>${sameData ? 'The same data.' : 'Different data:'}</strong> ${sameData ? 'Differences are of the models.' : 'differences of measures are of the data, too.'}</p>
<p>${count('better')} subgroups better, ${count('worse')} worse, ${count('indistinguishable')} not distinguishable, ${count('not-comparable')} not comparable; ${changed} of ${compared.length} gates with another outcome; ${parameters.filter(({ same }) => !same).length} parameters differ.</p></div>`;
};

const heads = ({ base, other }: VersionComparison): Content[][] => [
  ['Stage', base.stage, other.stage],
  ['Registered', moment(base.createdAt), moment(other.createdAt)],
  ['Trained by', base.createdBy, other.createdBy],
  ['Run', code(base.runId), code(other.runId)],
  ['Dataset', code(base.datasetId), code(other.datasetId)],
];

const HOW = { leaveOneSiteOut: 'Institution left out', validation: 'Later patients', external: 'Other institutions' } as const;
const difference = (change: number | null, unit = ''): string | null => (change === null ? null : `${change > 0 ? '+' : ''}${number(change)}${unit}`);

const performance = ({ performance: rows, base, other }: VersionComparison): Markup =>
  rows.length === 0
    ? html`<p>Neither version has a measured performance.</p>`
    : grid(
        'Mean absolute error in mg/week, and the share of patients within 20 % of their dose',
        ['Patients', 'Version', 'n', 'Error', 'Within 20 %'],
        rows.flatMap(({ how, base: a, other: b, change }) => [
          [HOW[how], base.modelVersion, ...measures(a)],
          ['', other.modelVersion, ...measures(b)],
          ['', 'change', null, difference(change.maeMgPerWeek), difference(change.within20Percent, ' points')],
        ]),
      );
const measures = (found: VersionComparison['performance'][number]['base']): Content[] =>
  found ? [found.n.toLocaleString('en'), number(found.maeMgPerWeek), `${number(found.within20Percent)} %`] : [null, null, null];

const VERDICT = { better: 'good', worse: 'bad', indistinguishable: 'neutral', 'not-comparable': 'neutral' } as const;

const subgroups = ({ subgroups: rows, base, other }: VersionComparison): Markup =>
  rows.length === 0
    ? html`<p>No subgroup was large enough to be measured.</p>`
    : grid(
        'Mean absolute error, mg/week',
        ['Group', `n, ${base.modelVersion}`, `n, ${other.modelVersion}`, base.modelVersion, other.modelVersion, 'Change', ''],
        rows.map(({ characteristic, level, base: a, other: b, changeMgPerWeek, verdict }) => [
          `${characteristic}: ${level}`,
          a ? a.n.toLocaleString('en') : null,
          b ? b.n.toLocaleString('en') : null,
          a ? number(a.maeMgPerWeek) : null,
          b ? number(b.maeMgPerWeek) : null,
          difference(changeMgPerWeek),
          badge(VERDICT[verdict], verdict.replace('-', ' ')),
        ]),
      );

const OUTCOME = { pass: 'good', fail: 'bad', 'not-applicable': 'neutral', absent: 'neutral' } as const;
const measured = ({ value, outcome }: Gate['base'], unit: string): Markup =>
  html`${value === null ? '–' : `${number(value)}${unit === '' || unit === '1' ? '' : ` ${unit}`}`} ${badge(OUTCOME[outcome], outcome)}`;

const gates = ({ gates: rows, base, other }: VersionComparison): Markup =>
  grid(
    'Every gate of either version',
    ['Gate', base.modelVersion, other.modelVersion, 'Change', 'Threshold'],
    rows.map((gate) => [gate.title, measured(gate.base, gate.unit), measured(gate.other, gate.unit), difference(gate.change), gate.sameThreshold ? 'the same' : 'differs']),
  );

const factTable = (caption: string, { base, other }: VersionComparison, rows: readonly Fact[], show: (text: string) => Content = (text) => text): Markup => {
  const cell = (value: Fact['base']) => (value === null ? null : show(String(value)));
  return grid(
    caption,
    ['', base.modelVersion, other.modelVersion, ''],
    rows.map((fact) => [fact.name, cell(fact.base), cell(fact.other), fact.same ? 'same' : html`<strong>differs</strong>`]),
  );
};
