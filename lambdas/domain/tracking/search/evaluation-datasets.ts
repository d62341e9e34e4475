import type { EvaluationDataset } from '../../../contracts/evaluation-dataset.ts';
import { type Outcome, done } from '../../../contracts/outcome.ts';
import { invalid } from '../../mlflow/refusals.ts';
import { type Name, readFilter } from './filter.ts';
import { EVALUATION_DATASETS } from './grammar.ts';
import { holds } from './matches.ts';
import { type Sortable, readOrders, sorted } from './order.ts';

const ATTRIBUTES: Record<string, (dataset: EvaluationDataset) => Sortable> = {
  name: ({ name }) => name,
  created_time: ({ createdAt }) => createdAt,
  last_update_time: ({ updatedAt }) => updatedAt,
  created_by: ({ createdBy }) => createdBy,
  last_updated_by: ({ updatedBy }) => updatedBy,
};
const valueIn = (dataset: EvaluationDataset, { entity, key }: Name): Sortable =>
  entity === 'tag' ? (Object.hasOwn(dataset.tags, key) ? dataset.tags[key] : undefined) : ATTRIBUTES[key]!(dataset);

/** The datasets that fulfil the filter, in order; without one: the newest first. */
export const searchEvaluationDatasets = (datasets: readonly EvaluationDataset[], filter: string | undefined, orderBy: readonly string[]): Outcome<EvaluationDataset[]> => {
  const clauses = readFilter(filter, EVALUATION_DATASETS);
  if (!clauses.ok) return clauses;
  const orders = readOrders(orderBy.length > 0 ? orderBy : ['created_time DESC'], EVALUATION_DATASETS);
  if (!orders.ok) return orders;
  const other = orders.value.find(({ entity }) => entity !== 'attribute');
  if (other) return invalid(`Invalid order_by entity: ${other.entity}`);
  const found = datasets.filter((dataset) => clauses.value.every((clause) => holds(clause, valueIn(dataset, clause))));
  return done(sorted(found, orders.value, valueIn, [{ of: ({ datasetId }) => datasetId, ascending: false }]));
};
