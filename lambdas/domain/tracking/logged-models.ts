import { type Outcome, done } from '../../contracts/outcome.ts';
import { LOGGED_MODEL_STATUS, type Experiment, type LoggedModel, type LoggedModelStatus, type Metric } from '../../contracts/tracking.ts';
import type { Pair } from '../mlflow/fields.ts';
import { absent, invalid, invalidValue } from '../mlflow/refusals.ts';
import { tagsOf } from './experiments.ts';
import { checkLoggedModelName } from './names.ts';
import { newId, randomName } from './runs.ts';
import { type Clause, type Name, readFilter } from './search/filter.ts';
import { LOGGED_MODELS } from './search/grammar.ts';
import { holds } from './search/matches.ts';
import { type Order, type Sortable, sorted } from './search/order.ts';

type Json = Record<string, unknown>;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export const modelMissing = (modelId: string): Outcome<never> => absent(`Logged model with ID '${modelId}' not found.`);

export const readParams = (given: readonly Json[]): Outcome<Record<string, string>> => {
  const params: Pair[] = [];
  for (const [index, { key, value }] of given.entries()) {
    if (typeof key !== 'string' || key === '') return invalid(`Missing value for required parameter 'params[${index}].key'.`);
    params.push({ key, value: text(value) });
  }
  return done(tagsOf(params));
};

export type ModelWanted = { name: string | undefined; model_type: string | undefined; source_run_id: string | undefined; params: readonly Json[]; tags: readonly Pair[] };

export const newLoggedModel = ({ experimentId, artifactLocation }: Experiment, wanted: ModelWanted): Outcome<LoggedModel> => {
  const valid = checkLoggedModelName(wanted.name ?? '');
  if (!valid.ok) return valid;
  const params = readParams(wanted.params);
  if (!params.ok) return params;
  const modelId = `m-${newId()}`;
  const now = Date.now();
  return done({
    modelId,
    experimentId,
    name: wanted.name || randomName(),
    ...(wanted.model_type ? { modelType: wanted.model_type } : {}),
    ...(wanted.source_run_id ? { sourceRunId: wanted.source_run_id } : {}),
    artifactUri: `${artifactLocation}/models/${modelId}/artifacts`,
    status: 'LOGGED_MODEL_PENDING',
    lifecycle: 'active',
    createdAt: now,
    updatedAt: now,
    params: params.value,
    tags: tagsOf(wanted.tags),
    metrics: [],
  });
};

/** By protobuf's name or number (1 to 3). */
export const modelStatusOf = (given: string): Outcome<LoggedModelStatus> => {
  const status = LOGGED_MODEL_STATUS.find((name, index) => name === given || String(index + 1) === given);
  return status ? done(status) : invalid(invalidValue('status', given, `allowed are ${LOGGED_MODEL_STATUS.join(', ')}`));
};

type DatasetFilter = { name: string; digest: string | undefined };
type ModelOrder = Order & { dataset: Partial<DatasetFilter> };
export type ModelQuestion = { clauses: Clause[]; datasets: DatasetFilter[]; orders: ModelOrder[] };

export const readModelQuestion = (filter: string | undefined, datasets: readonly Json[], orderBy: readonly Json[]): Outcome<ModelQuestion> => {
  const clauses = readFilter(filter, LOGGED_MODELS);
  if (!clauses.ok) return clauses;
  if (datasets.some(({ dataset_name }) => !text(dataset_name))) return invalid('`dataset_name` in the `datasets` clause must be specified.');
  const orders: ModelOrder[] = [];
  for (const given of orderBy) {
    const order = readOrder(given);
    if (!order.ok) return order;
    orders.push(order.value);
  }
  const filters = datasets.map(({ dataset_name, dataset_digest }) => ({ name: text(dataset_name), digest: text(dataset_digest) || undefined }));
  return done({ clauses: clauses.value, datasets: filters, orders });
};

const readOrder = ({ field_name, ascending = true, dataset_name, dataset_digest }: Json): Outcome<ModelOrder> => {
  const field = text(field_name);
  if (!field) return invalid('`field_name` in the `order_by` clause must be specified.');
  if (typeof ascending !== 'boolean') return invalid('`ascending` in the `order_by` clause must be a boolean.');
  const dataset = { ...(dataset_name ? { name: text(dataset_name) } : {}), ...(dataset_digest ? { digest: text(dataset_digest) } : {}) };
  const dot = field.indexOf('.');
  if (dot >= 0) {
    if (field.slice(0, dot) !== 'metrics') return invalid(`Invalid order by field name: ${field}. Only metrics are supported.`);
    return done({ entity: 'metric', key: field.slice(dot + 1), numeric: true, ascending, dataset });
  }
  if (!LOGGED_MODELS.orderable.includes(field)) return invalid(`Invalid order by field name: ${field}`);
  return done({ entity: 'attribute', key: LOGGED_MODELS.aliases?.[field] ?? field, numeric: false, ascending, dataset });
};

const onDataset = (metric: Metric, { name, digest }: Partial<DatasetFilter>): boolean =>
  (name === undefined || metric.datasetName === name) && (digest === undefined || metric.datasetDigest === digest);

/** The latest value of a metric, by time and then by step. */
const latest = (metrics: readonly Metric[]): number | undefined =>
  metrics.reduce<Metric | undefined>((best, metric) => (best && (best.timestamp - metric.timestamp || best.step - metric.step) >= 0 ? best : metric), undefined)?.value;

const ATTRIBUTES: Record<string, (model: LoggedModel) => Sortable> = {
  name: ({ name }) => name,
  model_id: ({ modelId }) => modelId,
  model_type: ({ modelType }) => modelType,
  status: ({ status }) => status.replace('LOGGED_MODEL_', ''),
  source_run_id: ({ sourceRunId }) => sourceRunId,
  creation_timestamp: ({ createdAt }) => createdAt,
  last_updated_timestamp: ({ updatedAt }) => updatedAt,
};

const orderedBy = (model: LoggedModel, order: Name): Sortable => {
  if (order.entity === 'attribute') return ATTRIBUTES[order.key]!(model);
  const { dataset } = order as ModelOrder;
  return latest(model.metrics.filter((metric) => metric.key === order.key && onDataset(metric, dataset)));
};

const matches = (model: LoggedModel, clause: Clause, datasets: readonly DatasetFilter[]): boolean => {
  if (clause.entity === 'metric') {
    return model.metrics.some(
      (metric) => metric.key === clause.key && (datasets.length === 0 || datasets.some((dataset) => onDataset(metric, dataset))) && holds(clause, metric.value),
    );
  }
  if (clause.entity === 'parameter') return holds(clause, Object.hasOwn(model.params, clause.key) ? model.params[clause.key] : undefined);
  if (clause.entity === 'tag') return holds(clause, Object.hasOwn(model.tags, clause.key) ? model.tags[clause.key] : undefined);
  return holds(clause, ATTRIBUTES[clause.key]!(model));
};

/** The models that fulfil every clause and, where datasets are named, have a metric on one of them; the newest first where nothing else orders. */
export const answerModelQuestion = (models: readonly LoggedModel[], { clauses, datasets, orders }: ModelQuestion): LoggedModel[] => {
  const onOne = (model: LoggedModel) => datasets.length === 0 || model.metrics.some((metric) => datasets.some((dataset) => onDataset(metric, dataset)));
  const found = models.filter((model) => model.lifecycle === 'active' && onOne(model) && clauses.every((clause) => matches(model, clause, datasets)));
  return sorted(found, orders, orderedBy, [
    { of: ({ createdAt }) => createdAt, ascending: false },
    { of: ({ modelId }) => modelId, ascending: true },
  ]);
};
