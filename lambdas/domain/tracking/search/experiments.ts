import { type Outcome, done } from '../../../contracts/outcome.ts';
import type { Experiment } from '../../../contracts/tracking.ts';
import { invalid } from '../../mlflow/refusals.ts';
import { type Name, readFilter } from './filter.ts';
import { EXPERIMENTS } from './grammar.ts';
import { holds } from './matches.ts';
import { type Sortable, readOrders, sorted } from './order.ts';

const ATTRIBUTES: Record<string, (experiment: Experiment) => Sortable> = {
  name: ({ name }) => name,
  experiment_id: ({ experimentId }) => Number(experimentId),
  creation_time: ({ createdAt }) => createdAt,
  last_update_time: ({ updatedAt }) => updatedAt,
};
const valueIn = (experiment: Experiment, { entity, key }: Name): Sortable =>
  entity === 'tag' ? (Object.hasOwn(experiment.tags, key) ? experiment.tags[key] : undefined) : ATTRIBUTES[key]!(experiment);

/** The experiments that fulfil the filter, in order; without one: the newest first. */
export const searchExperiments = (experiments: readonly Experiment[], filter: string | undefined, orderBy: readonly string[]): Outcome<Experiment[]> => {
  const clauses = readFilter(filter, EXPERIMENTS);
  if (!clauses.ok) return clauses;
  const orders = readOrders(orderBy.length > 0 ? orderBy : ['creation_time DESC', 'experiment_id ASC'], EXPERIMENTS);
  if (!orders.ok) return orders;
  const other = orders.value.find(({ entity }) => entity !== 'attribute');
  if (other) return invalid(`Invalid order_by entity: ${other.entity}`);
  const found = experiments.filter((experiment) => clauses.value.every((clause) => holds(clause, valueIn(experiment, clause))));
  return done(sorted(found, orders.value, valueIn, [{ of: ATTRIBUTES['experiment_id']!, ascending: false }]));
};
