import type { Retention } from '../../contracts/project.ts';
import type { RunHead } from '../../contracts/tracking.ts';

const DAY_MS = 86_400_000;

type Standing = Pick<RunHead, 'runId' | 'lifecycle' | 'endTime' | 'deletedAt'>;

/** What a project's rules say of a run now; null: it stays as it is. `now`: milliseconds since 1970. */
export const dueOf = ({ deletedRunsDays, endedRunsDays }: Retention, { lifecycle, endTime, deletedAt }: Standing, now: number): 'delete' | 'remove' | null => {
  const past = (since: number | undefined, days: number | undefined) => since !== undefined && days !== undefined && now - since >= days * DAY_MS;
  if (lifecycle === 'deleted') return past(deletedAt, deletedRunsDays) ? 'remove' : null;
  return past(endTime, endedRunsDays) ? 'delete' : null;
};

/** Whether any rule stands. */
export const hasRules = (retention: Retention | undefined): retention is Retention => retention !== undefined && Object.keys(retention).length > 0;
