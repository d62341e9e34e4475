import type { SplitSummary } from '../../contracts/run.ts';
import type { CohortRow } from './cohort.ts';

export type Split = 'train' | 'validation' | 'external';
export type SplitRow = CohortRow & { split: Split };

/** The newest share of each institution's patients validates, where the source has dates. */
const NEWEST_SHARE = 0.2;
const NO_DATES = 'leave-one-institution-out; the source has no dates';

/**
 * By institution and by time, grouped by patient (a row is a patient): another institution's file is `external` whole; of each
 * development institution the newest fifth by index date is `validation`. A source without dates gives one date to all of an institution:
 * then each of its patients is `train`, and validation is leave-one-institution-out.
 */
export const splitCohort = (rows: readonly CohortRow[]): { rows: SplitRow[]; how: SplitSummary['how'] } => {
  const development = rows.filter(({ use }) => use === 'development');
  const validates = new Set<number>();
  let [dated, undated] = [0, 0];
  for (const patients of Map.groupBy(development, ({ site }) => site).values()) {
    if (new Set(patients.map(({ indexDate }) => indexDate)).size === 1) undated += 1;
    else {
      dated += 1;
      const newestFirst = [...patients].sort((a, b) => (a.indexDate < b.indexDate ? 1 : a.indexDate > b.indexDate ? -1 : a.personId - b.personId));
      for (const { personId } of newestFirst.slice(0, Math.floor(newestFirst.length * NEWEST_SHARE))) validates.add(personId);
    }
  }
  return {
    how:
      dated === 0
        ? NO_DATES
        : `newest fifth of each institution by index date${undated > 0 ? ` where it has dates (${dated} of ${dated + undated})` : ''}; leave-one-institution-out within the rest`,
    rows: rows.map((row) => ({ ...row, split: row.use === 'external' ? 'external' : validates.has(row.personId) ? 'validation' : 'train' })),
  };
};

export const summarise = (rows: readonly SplitRow[], excluded: SplitSummary['excluded'], how: SplitSummary['how']): SplitSummary => {
  const count = (split: Split) => rows.filter((row) => row.split === split).length;
  const sites = [...Map.groupBy(rows, ({ site, split }) => JSON.stringify([site, split]))].map(([key, members]) => {
    const [site, split] = JSON.parse(key) as [string, Split];
    return { site, split, n: members.length };
  });
  return {
    train: count('train'),
    validation: count('validation'),
    external: count('external'),
    how,
    excluded,
    sites: sites.sort((a, b) => a.site.localeCompare(b.site, 'en', { numeric: true })),
  };
};
