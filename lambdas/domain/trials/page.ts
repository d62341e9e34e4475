import { modelVersionId } from '../../contracts/ids.ts';
import type { Trial } from '../../contracts/trial.ts';
import { type Markup, code, facts, figure, html, page, section, table } from '../pages/page.ts';
import type { TrialResult } from './result.ts';

type Range = readonly [number, number] | null;

const shown = (value: number | null | undefined, digits = 1): string => (value === null || value === undefined ? 'n/a' : value.toFixed(digits));
const signed = (value: number | null, digits = 1): string => (value === null ? 'n/a' : `${value > 0 ? '+' : ''}${value.toFixed(digits)}`);
const between = (range: Range, show: (value: number) => string = (value) => shown(value)): string => (range === null ? 'n/a' : `${show(range[0])} to ${show(range[1])}`);

/** The trial's result as a page: what was simulated, its pictures, every endpoint, the published numbers and the gap to them, what was assumed. */
export const trialPage = (trial: Trial, result: TrialResult, figures: readonly { caption: string; svg: string }[]): string =>
  page({
    title: `Simulated trial: ${result.design.title}`,
    subtitle: html`${result.arms.map(({ name, ttrPercent, interval }) => `${name} ${shown(ttrPercent)} % in range (${between(interval)})`).join('; ')}`,
    body: html`
      ${section(
        'pictures',
        'Result',
        figures.map(({ caption, svg }) => figure(svg, caption)),
      )}
      ${section('published', 'Beside the published trial', published(result))}
      ${section('endpoints', 'Endpoints', endpoints(result))}
      ${section('differences', 'Differences', differences(result))}
      ${section('sensitivity', 'Under other assumptions', sensitivity(result))}
      ${section('assumptions', 'What was assumed', assumptions(result))}
      ${section('provenance', 'Where it comes from', provenance(trial, result))}`,
  });

const titleOf = (result: TrialResult, endpoint: string): string => result.endpoints.find(({ name }) => name === endpoint)?.title ?? endpoint;

const published = (result: TrialResult): Markup => {
  const { published: found, differences: all } = result;
  if (found.gaps.length === 0) return html`<p>The design cites no published numbers.</p>`;
  const simulated = all.find(({ endpoint }) => endpoint === 'ttrPercent');
  return html`
    ${table(
      [
        { heading: 'Arm', cell: ({ arm }) => arm },
        { heading: 'Endpoint', cell: ({ endpoint }) => titleOf(result, endpoint) },
        { heading: 'Simulated', cell: (row) => shown(row.simulated), numeric: true },
        { heading: 'Published', cell: (row) => shown(row.published), numeric: true },
        { heading: 'Gap', cell: ({ gap }) => signed(gap), numeric: true },
      ],
      found.gaps,
      found.citation,
    )}
    ${found.difference && simulated ? html`<p>Difference in time in range, percentage points: simulated ${signed(simulated.value)} (a trial of this size: ${between(simulated.trialInterval, signed)}), published ${signed(found.difference.ttrPercent)} (${between(found.difference.interval, signed)}).</p>` : null}
    ${found.note ? html`<p class="note">${found.note}</p>` : null}`;
};

const endpoints = ({ endpoints: all, arms }: TrialResult): Markup =>
  table(
    [
      { heading: 'Endpoint', cell: ({ title, definition }) => html`${title}<br><span class="note">${definition}</span>` },
      { heading: 'Unit', cell: ({ unit }) => unit },
      ...arms.map(({ name }) => ({
        heading: name,
        cell: (row: TrialResult['endpoints'][number]) => {
          const found = row.arms.find((arm) => arm.name === name);
          return found ? `${shown(found.value)} (${between(found.interval)}), n = ${found.n}` : 'n/a';
        },
        numeric: true,
      })),
    ],
    all,
  );

const differences = (result: TrialResult): Markup =>
  table(
    [
      { heading: 'Endpoint', cell: ({ endpoint }) => titleOf(result, endpoint) },
      { heading: 'Arms', cell: ({ arm, reference }) => `${arm} − ${reference}` },
      { heading: 'Difference', cell: ({ value, unit }) => `${signed(value)} ${unit}`, numeric: true },
      { heading: 'Same virtual patients', cell: ({ interval }) => between(interval, signed), numeric: true },
      { heading: 'A trial of this size', cell: ({ trialInterval }) => between(trialInterval, signed), numeric: true },
    ],
    result.differences,
  );

const sensitivity = ({ sensitivity: all, arms }: TrialResult): Markup =>
  table(
    [
      { heading: 'Assumption', cell: ({ name }) => name },
      ...arms.map(({ name }) => ({
        heading: `${name}, % in range`,
        cell: (row: TrialResult['sensitivity'][number]) => {
          const found = row.arms.find((arm) => arm.name === name);
          return found ? `${shown(found.ttrPercent)} (${between(found.interval)})` : 'n/a';
        },
        numeric: true,
      })),
      { heading: 'Difference', cell: ({ differences: [first] }) => signed(first?.value ?? null), numeric: true },
    ],
    all,
  );

const assumptions = ({ assumptions: all }: TrialResult): Markup =>
  table(
    [
      { heading: 'Assumption', cell: ({ name }) => name },
      { heading: 'Value', cell: ({ value }) => code(JSON.stringify(value)) },
      { heading: 'Source', cell: ({ source }) => source },
    ],
    all,
  );

const provenance = (trial: Trial, { design, seed, eligiblePatients }: TrialResult): Markup =>
  facts([
    ['Trial', code(trial.trialId)],
    ['Model version', code(modelVersionId(trial.model, trial.version))],
    ['Dataset', code(trial.datasetId)],
    ['Design', `${design.name}: ${design.source}`],
    ['Virtual patients drawn from', `${eligiblePatients} eligible patients of the cohort`],
    ['Seed', String(seed)],
    ['Artifacts', trial.artifacts ? code(trial.artifacts.digest) : null],
    ['Run by', `${trial.createdBy}, ${trial.createdAt}`],
  ]);
