import type { OmopTable } from '../omop-tables.ts';
import { type Check, type Instance, thresholdOf } from './checks.ts';

/** What one check found on one table, field or concept of one source's rows. */
export type QualityResult = {
  source: string;
  check: string;
  level: Check['level'];
  category: Check['category'];
  subcategory?: string;
  context: Check['context'];
  description: string;
  table: OmopTable;
  field?: string;
  conceptId?: number;
  conceptName?: string;
  violated: number;
  denominator: number;
  /** of the denominator, to 2 digits */
  percent: number;
  threshold: number;
  /** why this source has a threshold of its own */
  because?: string;
  status: 'pass' | 'fail' | 'not-applicable';
};

export const resultOf = (source: string, check: Check, instance: Instance, violated: number, denominator: number): QualityResult => {
  const { threshold, because } = thresholdOf(source, check, instance);
  const share = denominator === 0 ? 0 : (100 * violated) / denominator;
  return {
    source,
    check: check.name,
    level: check.level,
    category: check.category,
    ...(check.subcategory ? { subcategory: check.subcategory } : {}),
    context: check.context,
    description: check.description,
    table: instance.table,
    ...(instance.field ? { field: instance.field } : {}),
    ...(instance.conceptId ? { conceptId: instance.conceptId, conceptName: instance.conceptName ?? '' } : {}),
    violated,
    denominator,
    percent: Math.round(share * 100) / 100,
    threshold,
    ...(because ? { because } : {}),
    status: denominator === 0 ? 'not-applicable' : share <= threshold ? 'pass' : 'fail',
  };
};

export type QualityVerdict = { verdict: 'pass' | 'fail'; passed: number; failed: number; notApplicable: number; breaches: QualityResult[] };

/** One breach stops the dataset version; the lake stays as it is. No result at all is no proof of quality. */
export const qualityVerdict = (results: readonly QualityResult[]): QualityVerdict => {
  const count = (status: QualityResult['status']) => results.filter((result) => result.status === status).length;
  const breaches = results.filter(({ status }) => status === 'fail');
  const passed = count('pass');
  return { verdict: breaches.length === 0 && passed > 0 ? 'pass' : 'fail', passed, failed: breaches.length, notApplicable: count('not-applicable'), breaches };
};

const TOLD = 3;

/** Why the version may not be: the first breaches in words, or null. */
export const breachOf = ({ verdict, breaches }: QualityVerdict): string | null => {
  if (verdict === 'pass') return null;
  if (breaches.length === 0) return 'no data quality check applies to what the version holds';
  const told = breaches
    .slice(0, TOLD)
    .map(({ source, check, table, field, percent, threshold }) => `${check} of ${table}${field ? `.${field}` : ''} (${source}): ${percent} % of at most ${threshold} %`);
  return `${breaches.length} data quality checks are breached: ${told.join('; ')}${breaches.length > TOLD ? ' and others' : ''}`;
};
