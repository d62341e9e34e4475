import { type Outcome, done } from '../../../contracts/outcome.ts';
import type { TrackedRun } from '../../../contracts/tracking.ts';
import { type Clause, type Name, readFilter } from './filter.ts';
import { RUNS } from './grammar.ts';
import { holds } from './matches.ts';
import { type Order, type Sortable, readOrders, sorted } from './order.ts';

export type RunQuestion = { clauses: Clause[]; orders: Order[] };

export const readRunQuestion = (filter: string | undefined, orderBy: readonly string[]): Outcome<RunQuestion> => {
  const clauses = readFilter(filter, RUNS);
  if (!clauses.ok) return clauses;
  const orders = readOrders(orderBy, RUNS);
  return orders.ok ? done({ clauses: clauses.value, orders: orders.value }) : orders;
};

const ATTRIBUTES: Record<string, (run: TrackedRun) => Sortable> = {
  run_id: (run) => run.runId,
  run_name: (run) => run.name,
  user_id: (run) => run.userId,
  status: (run) => run.status,
  artifact_uri: (run) => run.artifactUri,
  start_time: (run) => run.startTime,
  end_time: (run) => run.endTime,
};

const own = <T>(record: Record<string, T>, key: string): T | undefined => (Object.hasOwn(record, key) ? record[key] : undefined);

const valueIn = (run: TrackedRun, { entity, key }: Name): Sortable => {
  if (entity === 'metric') return own(run.metrics, key)?.value;
  if (entity === 'parameter') return own(run.params, key);
  if (entity === 'tag') return own(run.tags, key);
  return ATTRIBUTES[key]?.(run);
};

const matches = (run: TrackedRun, clause: Clause): boolean => {
  if (clause.entity !== 'dataset') return holds(clause, valueIn(run, clause));
  return run.datasets.some(({ dataset, tags }) => holds(clause, clause.key === 'name' ? dataset.name : clause.key === 'digest' ? dataset.digest : tags['mlflow.data.context']));
};

/** The runs that fulfil every clause, in order: by the question's keys, then the latest start first, then by id. */
export const answerRunQuestion = (runs: readonly TrackedRun[], { clauses, orders }: RunQuestion): TrackedRun[] =>
  sorted(
    runs.filter((run) => clauses.every((clause) => matches(run, clause))),
    orders,
    valueIn,
    [
      { of: (run) => run.startTime, ascending: false },
      { of: (run) => run.runId, ascending: true },
    ],
  );
