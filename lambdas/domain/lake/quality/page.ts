import { type Markup, badge, html, number, page, section, table } from '../../pages/page.ts';
import { CHECKS } from './checks.ts';
import type { QualityResult, QualityVerdict } from './results.ts';

const CATEGORIES = ['Conformance', 'Completeness', 'Plausibility'] as const;
const CONTEXTS = ['Verification', 'Validation'] as const;

const place = ({ table: name, field, conceptName }: QualityResult): string => `${name}${field ? `.${field}` : ''}${conceptName ? ` (${conceptName})` : ''}`;
const percent = (value: number): string => `${number(value)} %`;
const verdictOf = ({ status }: QualityResult): Markup =>
  badge(status === 'pass' ? 'good' : status === 'fail' ? 'bad' : 'neutral', status === 'not-applicable' ? 'no rows' : status);

const resultTable = (results: readonly QualityResult[], caption: string): Markup =>
  table(
    [
      { heading: 'Where', cell: place },
      { heading: 'Check', cell: ({ check }: QualityResult) => check },
      { heading: 'Violating', cell: ({ violated }) => number(violated), numeric: true },
      { heading: 'Of', cell: ({ denominator }) => number(denominator), numeric: true },
      { heading: 'Share', cell: (result) => percent(result.percent), numeric: true },
      { heading: 'Allowed', cell: ({ threshold }) => percent(threshold), numeric: true },
      { heading: '', cell: verdictOf },
    ],
    results,
    caption,
  );

/** The results as a page that a person can read: the verdict, the breaches, Kahn's categories, then every table. */
export const qualityPage = (title: string, results: readonly QualityResult[], { verdict, passed, failed, notApplicable, breaches }: QualityVerdict): string => {
  const sources = [...new Set(results.map(({ source }) => source))];
  const tables = [...new Set(results.map((result) => result.table))];
  const own = results.filter(({ because }) => because);
  return page({
    title,
    subtitle: html`Data quality by the framework of Kahn et al. (2016), checks as in OHDSI’s Data Quality Dashboard; sources: ${sources.join(', ')}`,
    body: html`<div class="verdict"><p>${badge(verdict === 'pass' ? 'good' : 'bad', verdict)} ${passed} checks passed, ${failed} failed, ${notApplicable} had no rows to speak of.</p></div>
${section('breaches', 'Breaches', breaches.length === 0 ? html`<p>None.</p>` : resultTable(breaches, 'Each stops the dataset version; the lake stays as it is.'))}
${section('categories', 'By category', categoryTable(results))}
${
  own.length > 0
    ? section(
        'thresholds',
        'Thresholds of a source’s own',
        table(
          [
            { heading: 'Where', cell: place },
            { heading: 'Check', cell: ({ check }: QualityResult) => check },
            { heading: 'Allowed', cell: ({ threshold }) => percent(threshold), numeric: true },
            { heading: 'Because', cell: ({ because }) => because },
          ],
          own,
        ),
      )
    : null
}
${tables.map((name) => section(name, name, ...sources.map((source) => resultTable(applicable(results, name, source), source))))}
${section(
  'checks',
  'The checks',
  table(
    [
      { heading: 'Check', cell: ({ name }: (typeof CHECKS)[number]) => name },
      { heading: 'Category', cell: ({ category, subcategory }) => `${category}${subcategory ? `, ${subcategory}` : ''}` },
      { heading: 'What is counted', cell: ({ description }) => description },
    ],
    CHECKS,
  ),
)}`,
  });
};

const applicable = (results: readonly QualityResult[], name: string, source: string): QualityResult[] =>
  results.filter((result) => result.table === name && result.source === source && result.status !== 'not-applicable');

const categoryTable = (results: readonly QualityResult[]): Markup =>
  table(
    [
      { heading: 'Category', cell: ({ category }: { category: string }) => category },
      ...CONTEXTS.map((context) => ({
        heading: context,
        cell: ({ category }: { category: string }) => {
          const counted = results.filter((result) => result.category === category && result.context === context && result.status !== 'not-applicable');
          return `${counted.filter(({ status }) => status === 'pass').length} of ${counted.length} passed`;
        },
        numeric: true,
      })),
    ],
    CATEGORIES.map((category) => ({ category })),
  );
