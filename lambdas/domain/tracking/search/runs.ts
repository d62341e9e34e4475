import { type Outcome, done } from '../../../contracts/outcome.ts';
import type { DatasetInput, TrackedRun } from '../../../contracts/tracking.ts';
import type { RunBlock } from '../run-block.ts';
import { type Clause, type Name, readFilter } from './filter.ts';
import { RUNS } from './grammar.ts';
import { holds } from './matches.ts';
import { type Order, type Sortable, readOrders } from './order.ts';

export type RunQuestion = { clauses: Clause[]; orders: Order[] };

export const readRunQuestion = (filter: string | undefined, orderBy: readonly string[]): Outcome<RunQuestion> => {
  const clauses = readFilter(filter, RUNS);
  if (!clauses.ok) return clauses;
  const orders = readOrders(orderBy, RUNS);
  return orders.ok ? done({ clauses: clauses.value, orders: orders.value }) : orders;
};

/** Runs that are searched together, whole or in columns; each has a place among them. */
export type RunSource = {
  size: number;
  /** how a name's values are read, by place */
  reader: (name: Pick<Name, 'entity' | 'key'>) => (at: number) => Sortable;
  datasets: (at: number) => DatasetInput[];
  run: (at: number) => TrackedRun;
};

/** An attribute as a filter names it → the member of a run's head. */
const MEMBERS = {
  run_id: 'runId',
  run_name: 'name',
  user_id: 'userId',
  status: 'status',
  artifact_uri: 'artifactUri',
  start_time: 'startTime',
  end_time: 'endTime',
  lifecycle_stage: 'lifecycle',
} as const;
const memberOf = (key: string) => MEMBERS[key as keyof typeof MEMBERS];
const own = <T>(record: Record<string, T>, key: string): T | undefined => (Object.hasOwn(record, key) ? record[key] : undefined);

const valueIn = (run: TrackedRun, { entity, key }: Pick<Name, 'entity' | 'key'>): Sortable => {
  if (entity === 'metric') return own(run.metrics, key)?.value;
  if (entity === 'parameter') return own(run.params, key);
  if (entity === 'tag') return own(run.tags, key);
  return run[memberOf(key)];
};

export const wholeRuns = (runs: readonly TrackedRun[]): RunSource => ({
  size: runs.length,
  reader: (name) => (at) => valueIn(runs[at]!, name),
  datasets: (at) => runs[at]!.datasets,
  run: (at) => runs[at]!,
});

const absent = (): undefined => undefined;
export const blockRuns = (block: RunBlock): RunSource => ({
  ...block,
  reader: ({ entity, key }) => {
    if (entity === 'metric') return block.values.get(key) ?? absent;
    if (entity === 'parameter') return block.params.get(key) ?? absent;
    if (entity === 'tag') return block.tags.get(key) ?? absent;
    return (block.head.get(memberOf(key)) as ((at: number) => Sortable) | undefined) ?? absent;
  },
});

const test = (source: RunSource, clause: Clause): ((at: number) => boolean) => {
  if (clause.entity === 'dataset') {
    return (at) =>
      source.datasets(at).some(({ dataset, tags }) => holds(clause, clause.key === 'name' ? dataset.name : clause.key === 'digest' ? dataset.digest : tags['mlflow.data.context']));
  }
  const read = source.reader(clause);
  return (at) => holds(clause, read(at));
};

const RUN_ID = { entity: 'attribute', key: 'run_id' } as const;
const START = { entity: 'attribute', key: 'start_time' } as const;
const LIFECYCLE = { entity: 'attribute', key: 'lifecycle_stage' } as const;
export const runIdsOf = (source: RunSource) => source.reader(RUN_ID) as (at: number) => string;
export const lifecyclesOf = (source: RunSource) => source.reader(LIFECYCLE) as (at: number) => TrackedRun['lifecycle'];

/** A run that was found: its place, and what it is ordered by. */
export type Hit = { at: number; keys: Sortable[] };

/** The places of a source that fulfil every clause. */
export function* hitsIn(source: RunSource, { clauses, orders }: RunQuestion, admits: (at: number) => boolean): Generator<Hit> {
  const tests = clauses.map((clause) => test(source, clause));
  const keys = [...orders, START, RUN_ID].map((name) => source.reader(name));
  for (let at = 0; at < source.size; at++) {
    if (admits(at) && tests.every((fulfils) => fulfils(at))) yield { at, keys: keys.map((read) => read(at)) };
  }
}

/** By the question's keys, then the latest start first, then by id. */
export const directionsOf = ({ orders }: RunQuestion): boolean[] => [...orders.map(({ ascending }) => ascending), false, true];
