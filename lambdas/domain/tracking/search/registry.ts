import { type Outcome, done } from '../../../contracts/outcome.ts';
import type { RegisteredModel, VersionView } from '../../../contracts/registered-model.ts';
import { invalid } from '../../mlflow/refusals.ts';
import { type Clause, type Name, readFilter } from './filter.ts';
import { type Grammar, MODELS, VERSIONS } from './grammar.ts';
import { holds } from './matches.ts';
import { type Order, type Sortable, readOrders, sorted } from './order.ts';

const IS_PROMPT = 'mlflow.prompt.is_prompt';
type Tagged = { tags: Record<string, string> };
const tagOf = ({ tags }: Tagged, key: string): string | undefined => (Object.hasOwn(tags, key) ? tags[key] : undefined);

/** Prompts are kept as models with a tag. A search finds them only where it asks for them. */
const asksForPrompts = (clauses: readonly Clause[]): boolean =>
  clauses.some(
    ({ entity, key, comparator, value }) =>
      entity === 'tag' && key === IS_PROMPT && ((comparator === '=' && String(value).toLowerCase() === 'true') || (comparator === '!=' && String(value).toLowerCase() === 'false')),
  );

const readQuestion = (filter: string | undefined, orderBy: readonly string[], grammar: Grammar): Outcome<{ clauses: Clause[]; orders: Order[]; prompts: boolean }> => {
  const clauses = readFilter(filter, grammar);
  if (!clauses.ok) return clauses;
  const orders = readOrders(orderBy, grammar);
  if (!orders.ok) return orders;
  const other = orders.value.find(({ entity }) => entity !== 'attribute');
  if (other) return invalid(`Invalid order_by entity: ${other.entity}`);
  const prompts = asksForPrompts(clauses.value);
  return done({ clauses: clauses.value.filter(({ entity, key }) => prompts || entity !== 'tag' || key !== IS_PROMPT), orders: orders.value, prompts });
};

const MODEL: Record<string, (model: RegisteredModel) => Sortable> = {
  name: ({ name }) => name,
  creation_timestamp: ({ createdAt }) => createdAt,
  last_updated_timestamp: ({ updatedAt }) => updatedAt,
};
const modelValue = (model: RegisteredModel, { entity, key }: Name): Sortable => (entity === 'tag' ? tagOf(model, key) : MODEL[key]!(model));

/** The models that fulfil the filter, in order and then by name. */
export const searchModels = (models: readonly RegisteredModel[], filter: string | undefined, orderBy: readonly string[]): Outcome<RegisteredModel[]> => {
  const question = readQuestion(filter, orderBy, MODELS);
  if (!question.ok) return question;
  const { clauses, orders, prompts } = question.value;
  const found = models.filter((model) => (tagOf(model, IS_PROMPT) === 'true') === prompts && clauses.every((clause) => holds(clause, modelValue(model, clause))));
  return done(sorted(found, orders, modelValue, [{ of: MODEL['name']!, ascending: true }]));
};

const VERSION: Record<string, (version: VersionView) => Sortable> = {
  name: ({ name }) => name,
  version_number: ({ version }) => version,
  run_id: ({ runId }) => runId ?? '',
  source_path: ({ source }) => source,
  creation_timestamp: ({ createdAt }) => createdAt,
  last_updated_timestamp: ({ updatedAt }) => updatedAt,
};
const versionValue = (version: VersionView, { entity, key }: Name): Sortable => (entity === 'tag' ? tagOf(version, key) : VERSION[key]!(version));

/** The only model whose versions can fulfil the filter, where it names one: the others need not be read. */
export const namedModel = (filter: string | undefined): string | undefined => {
  const clauses = readFilter(filter, VERSIONS);
  const named = clauses.ok ? clauses.value.find(({ entity, key, comparator }) => entity === 'attribute' && key === 'name' && comparator === '=') : undefined;
  return named ? String(named.value) : undefined;
};

/** The versions that fulfil the filter; without an order the last changed first. */
export const searchVersions = (versions: readonly VersionView[], filter: string | undefined, orderBy: readonly string[]): Outcome<VersionView[]> => {
  const question = readQuestion(filter, orderBy.length > 0 ? orderBy : ['last_updated_timestamp DESC', 'name ASC', 'version_number DESC'], VERSIONS);
  if (!question.ok) return question;
  const { clauses, orders, prompts } = question.value;
  const found = versions.filter((version) => (tagOf(version, IS_PROMPT) === 'true') === prompts && clauses.every((clause) => holds(clause, versionValue(version, clause))));
  return done(
    sorted(found, orders, versionValue, [
      { of: VERSION['name']!, ascending: true },
      { of: VERSION['version_number']!, ascending: false },
    ]),
  );
};
