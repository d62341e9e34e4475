/** What a filter or an order may name, per kind of thing that is searched. */
export type Entity = 'attribute' | 'metric' | 'parameter' | 'tag' | 'dataset';

const EQUAL = ['=', '!='] as const;
const TEXT = [...EQUAL, 'LIKE', 'ILIKE'] as const;
const NULLS = ['IS NULL', 'IS NOT NULL'] as const;
const LISTS = ['IN', 'NOT IN'] as const;
export const ORDERED = ['>', '>=', '!=', '=', '<', '<='] as const;

export type Grammar = {
  /** how an entity is written → what it is; without a prefix a key is an attribute */
  entities: Readonly<Record<string, Entity>>;
  /** attributes that a filter may name */
  attributes: Readonly<Record<string, 'string' | 'number'>>;
  /** attributes that an order may name */
  orderable: readonly string[];
  /** what a refusal calls them */
  ordersBy: 'attribute key' | 'order by key';
  /** other spellings of an attribute */
  aliases?: Readonly<Record<string, string>>;
  comparators: Readonly<Record<'string' | 'number', readonly string[]>> & Partial<Readonly<Record<Exclude<Entity, 'attribute'>, readonly string[]>>>;
  /** attributes that are compared with a list */
  lists: readonly string[];
  /** how refusals of a filter begin: clients and their tests read it, and MLflow's parsers differ */
  refusals: { filter: string; comparator: string };
};

const CLAUSES = { filter: 'Invalid clause(s) in filter string', comparator: 'Invalid comparator' } as const;

export const RUNS: Grammar = {
  entities: {
    metric: 'metric',
    metrics: 'metric',
    parameter: 'parameter',
    parameters: 'parameter',
    param: 'parameter',
    params: 'parameter',
    tag: 'tag',
    tags: 'tag',
    attribute: 'attribute',
    attributes: 'attribute',
    attr: 'attribute',
    run: 'attribute',
    dataset: 'dataset',
    datasets: 'dataset',
  },
  attributes: {
    artifact_uri: 'string',
    end_time: 'number',
    run_id: 'string',
    run_name: 'string',
    'run name': 'string',
    'Run name': 'string',
    'Run Name': 'string',
    start_time: 'number',
    created: 'number',
    Created: 'number',
    status: 'string',
    user_id: 'string',
  },
  orderable: ['artifact_uri', 'end_time', 'run_id', 'run_name', 'start_time', 'status', 'user_id', 'created', 'Created'],
  ordersBy: 'attribute key',
  aliases: { created: 'start_time', Created: 'start_time', 'run name': 'run_name', 'Run name': 'run_name', 'Run Name': 'run_name' },
  comparators: { string: [...TEXT, ...LISTS], number: ORDERED, metric: ORDERED, parameter: [...TEXT, ...NULLS], tag: [...TEXT, ...NULLS], dataset: [...TEXT, ...LISTS] },
  lists: ['run_id'],
  refusals: CLAUSES,
};
export const DATASET_KEYS = ['name', 'digest', 'context'] as const;

export const EXPERIMENTS: Grammar = {
  entities: { attribute: 'attribute', tag: 'tag', tags: 'tag' },
  attributes: { name: 'string', creation_time: 'number', last_update_time: 'number' },
  orderable: ['name', 'experiment_id', 'creation_time', 'last_update_time'],
  ordersBy: 'attribute key',
  comparators: { string: TEXT, number: ORDERED, tag: [...TEXT, ...NULLS] },
  lists: [],
  refusals: CLAUSES,
};

export const EVALUATION_DATASETS: Grammar = {
  entities: { attribute: 'attribute', tag: 'tag', tags: 'tag' },
  attributes: { name: 'string', created_time: 'number', last_update_time: 'number', created_by: 'string', last_updated_by: 'string' },
  orderable: ['name', 'created_time', 'last_update_time'],
  ordersBy: 'attribute key',
  comparators: { string: TEXT, number: ORDERED, tag: TEXT },
  lists: [],
  refusals: CLAUSES,
};

export const MODELS: Grammar = {
  entities: { attribute: 'attribute', tag: 'tag', tags: 'tag' },
  attributes: { name: 'string' },
  orderable: ['name', 'last_updated_timestamp', 'timestamp'],
  ordersBy: 'order by key',
  aliases: { timestamp: 'last_updated_timestamp' },
  comparators: { string: TEXT, number: ORDERED, tag: TEXT },
  lists: [],
  refusals: CLAUSES,
};

export const VERSIONS: Grammar = {
  entities: { attribute: 'attribute', tag: 'tag', tags: 'tag' },
  attributes: { name: 'string', version_number: 'number', run_id: 'string', source_path: 'string' },
  orderable: ['name', 'version_number', 'creation_timestamp', 'last_updated_timestamp', 'timestamp'],
  ordersBy: 'attribute key',
  aliases: { timestamp: 'last_updated_timestamp' },
  comparators: { string: [...TEXT, 'IN'], number: ORDERED, tag: TEXT },
  lists: ['run_id'],
  refusals: CLAUSES,
};

export const LOGGED_MODELS: Grammar = {
  entities: { ...RUNS.entities, attribute: 'attribute', attributes: 'attribute', model: 'attribute' },
  attributes: {
    name: 'string',
    model_id: 'string',
    model_type: 'string',
    status: 'string',
    source_run_id: 'string',
    creation_time: 'number',
    creation_timestamp: 'number',
    last_updated_time: 'number',
    last_updated_timestamp: 'number',
  },
  orderable: ['name', 'model_id', 'model_type', 'status', 'source_run_id', 'creation_time', 'creation_timestamp', 'last_updated_time', 'last_updated_timestamp'],
  ordersBy: 'attribute key',
  aliases: { creation_time: 'creation_timestamp', last_updated_time: 'last_updated_timestamp' },
  comparators: { string: [...TEXT, ...LISTS], number: ORDERED, metric: ORDERED, parameter: TEXT, tag: TEXT },
  lists: ['name', 'model_id', 'model_type', 'status', 'source_run_id'],
  refusals: { filter: 'Invalid filter string', comparator: 'Invalid comparison operator' },
};
