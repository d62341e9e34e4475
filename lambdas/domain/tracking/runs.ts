import { randomBytes, randomInt } from 'node:crypto';
import { type Outcome, done } from '../../contracts/outcome.ts';
import { type Experiment, type Metric, RUN_STATUS, type RunHead, type RunStatus, type Tags } from '../../contracts/tracking.ts';
import { type Pair, asFloat } from '../mlflow/fields.ts';
import { absent, invalid, invalidValue, missingValue } from '../mlflow/refusals.ts';
import { tagsOf } from './experiments.ts';
import { LIMITS, checkKey, checkLength, checkParam, checkTag, cut, every } from './names.ts';

export const RUN_NAME = 'mlflow.runName';
export const LOGGED_MODELS = 'mlflow.log-model.history';
const SEE = ' See the API docs for more information about request parameters.';

const ADJECTIVES = [
  'able',
  'agreeable',
  'bold',
  'bright',
  'calm',
  'capable',
  'caring',
  'gentle',
  'honorable',
  'judicious',
  'kindly',
  'learned',
  'nimble',
  'orderly',
  'peaceful',
  'polite',
  'serious',
  'sincere',
  'skillful',
  'thoughtful',
  'upbeat',
  'valuable',
  'welcoming',
  'wise',
];
const NOUNS = [
  'ant',
  'bear',
  'crane',
  'deer',
  'dove',
  'finch',
  'goat',
  'hare',
  'hawk',
  'jay',
  'koi',
  'lark',
  'lynx',
  'mole',
  'newt',
  'owl',
  'quail',
  'robin',
  'seal',
  'shrew',
  'swan',
  'tern',
  'toad',
  'vole',
  'wren',
  'yak',
];
/** A name for what nobody has named, such as `calm-wren-417`; of words that MLflow's own names are made of. */
export const randomName = (): string => `${ADJECTIVES[randomInt(ADJECTIVES.length)]}-${NOUNS[randomInt(NOUNS.length)]}-${randomInt(1000)}`;
export const newId = (): string => randomBytes(16).toString('hex');

export const runMissing = (runId: string): Outcome<never> => absent(`Run with id=${runId} not found`);
export const activeRun = ({ runId, lifecycle }: RunHead): Outcome<null> =>
  lifecycle === 'active' ? done(null) : invalid(`The run ${runId} must be in the 'active' state. Current state is ${lifecycle}.`);

/** A run of a deleted experiment is deleted with it. */
export const standingOf = <R extends RunHead>(run: R, experiment: Experiment | null): R => (experiment?.lifecycle === 'deleted' ? { ...run, lifecycle: 'deleted' } : run);

export type RunWanted = { user_id: string | undefined; start_time: number | undefined; tags: readonly Pair[]; run_name: string | undefined };

/** A run to be made, with its first tags; the name stands in a tag too, as clients expect it. */
export const newRun = (experiment: Experiment, { user_id, start_time, tags: pairs, run_name }: RunWanted): Outcome<{ head: RunHead; tags: Tags }> => {
  for (const [index, { key }] of pairs.entries()) {
    const valid = checkTag(key, `tags[${index}]`);
    if (!valid.ok) return valid;
  }
  const tags = tagsOf(pairs.map(({ key, value }) => ({ key, value: cut(value, LIMITS.tagValue) })));
  const tagged = tags[RUN_NAME];
  if (run_name && tagged && run_name !== tagged) {
    return invalid(`Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${run_name}', mlflow.runName='${tagged}').`);
  }
  const runId = newId();
  const name = run_name || tagged || randomName();
  const head: RunHead = {
    runId,
    experimentId: experiment.experimentId,
    name,
    userId: user_id ?? '',
    status: 'RUNNING',
    startTime: start_time ?? 0,
    lifecycle: 'active',
    artifactUri: `${experiment.artifactLocation}/${runId}/artifacts`,
  };
  return done({ head, tags: { ...tags, [RUN_NAME]: tagged || name } });
};

/** By protobuf's name or number (1 to 5). */
export const statusOf = (given: string): Outcome<RunStatus> => {
  const status = RUN_STATUS.find((name, index) => name === given || String(index + 1) === given);
  return status ? done(status) : invalid(invalidValue('status', given, `allowed are ${RUN_STATUS.join(', ')}`));
};

export const isEnded = (status: RunStatus): boolean => status !== 'RUNNING' && status !== 'SCHEDULED';

export type Batch = { metrics: Metric[]; params: Record<string, string>; tags: Tags };
type Json = Record<string, unknown>;

const missing = (path: string): Outcome<never> => invalid(missingValue(path) + SEE);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A metric as a client logs it; `path` is empty where it stands alone. */
export const readMetric = (given: Json, path = ''): Outcome<Metric> => {
  const within = (member: string) => (path ? `${path}.${member}` : member);
  const { key, value, timestamp, step = 0 } = given;
  if (key === undefined || key === null || key === '') return missing(within('key'));
  if (value === undefined || value === null || value === '') return missing(within('value'));
  if (timestamp === undefined || timestamp === null || timestamp === '') return missing(within('timestamp'));
  if (typeof key !== 'string') return invalid(invalidValue(within('key'), key) + SEE);
  const number = asFloat(value);
  if (number === undefined) {
    return invalid(invalidValue(within('value'), value, `(timestamp=${timestamp}). Please specify value as a valid double (64-bit floating point)`));
  }
  if (!Number.isInteger(Number(timestamp)) || Number(timestamp) < 0) {
    return invalid(invalidValue(within('timestamp'), timestamp, `metric '${key}' (value=${number}). Timestamp must be a nonnegative long (64-bit integer) `));
  }
  if (!Number.isInteger(Number(step))) return invalid(invalidValue(within('step'), step, `metric '${key}' (value=${number}). Step must be a valid long (64-bit integer).`));
  const valid = every(
    () => checkKey(key, within('name')),
    () => checkLength('Metric name', key, LIMITS.key),
  );
  if (!valid.ok) return valid;
  return done({
    key,
    value: number,
    timestamp: Number(timestamp),
    step: Number(step),
    ...(given['model_id'] ? { modelId: text(given['model_id']) } : {}),
    ...(given['dataset_name'] ? { datasetName: text(given['dataset_name']) } : {}),
    ...(given['dataset_digest'] ? { datasetDigest: text(given['dataset_digest']) } : {}),
  });
};

const pairAt = (item: Json, path: string): Outcome<Pair> => {
  const { key, value } = item;
  if (key === undefined || key === null || key === '') return missing(`${path}.key`);
  if (typeof key !== 'string') return invalid(invalidValue(`${path}.key`, key) + SEE);
  if (value !== undefined && value !== null && typeof value !== 'string') return invalid(invalidValue(`${path}.value`, value) + SEE);
  return done({ key, value: text(value) });
};

const tooMany = (what: string, limit: number, count: number): Outcome<null> =>
  count <= limit
    ? done(null)
    : invalid(`A batch logging request can contain at most ${limit} ${what}. Got ${count} ${what}. Please split up ${what} across multiple requests and try again.`);

/** What a batch logs, once all of it is valid. */
export const readBatch = (given: { metrics: Json[]; params: Json[]; tags: Json[] }): Outcome<Batch> => {
  const metrics: Metric[] = [];
  for (const [index, item] of given.metrics.entries()) {
    const metric = readMetric(item, `metrics[${index}]`);
    if (!metric.ok) return metric;
    metrics.push(metric.value);
  }
  const params: Pair[] = [];
  for (const [index, item] of given.params.entries()) {
    const pair = pairAt(item, `params[${index}]`);
    if (!pair.ok) return pair;
    const valid = checkParam(pair.value.key, `params[${index}]`);
    if (!valid.ok) return valid;
    params.push({ key: pair.value.key, value: cut(pair.value.value, LIMITS.paramValue) });
  }
  const tags: Pair[] = [];
  for (const [index, item] of given.tags.entries()) {
    const pair = pairAt(item, `tags[${index}]`);
    if (!pair.ok) return pair;
    const valid = checkTag(pair.value.key, `tags[${index}]`);
    if (!valid.ok) return valid;
    tags.push({ key: pair.value.key, value: cut(pair.value.value, LIMITS.tagValue) });
  }
  const within = every(
    () => tooMany('metrics', LIMITS.metricsPerBatch, metrics.length),
    () => tooMany('params', LIMITS.paramsPerBatch, params.length),
    () => tooMany('tags', LIMITS.tagsPerBatch, tags.length),
    () => tooMany('metrics, params, and tags', LIMITS.entitiesPerBatch, metrics.length + params.length + tags.length),
  );
  if (!within.ok) return within;
  const repeated = params.map(({ key }) => key).filter((key, index, keys) => keys.indexOf(key) !== index);
  if (repeated.length > 0) {
    return invalid(
      `Duplicate parameter keys have been submitted: [${repeated.map((key) => `'${key}'`).join(', ')}]. Please ensure the request contains only one param value per param key.`,
    );
  }
  return done({ metrics, params: tagsOf(params), tags: tagsOf(tags) });
};

/** Parameters never change; those that hold the same value already are left out. */
export const newParams = (runId: string, known: ReadonlyMap<string, string>, wanted: Record<string, string>, alone: boolean): Outcome<Record<string, string>> => {
  const changed = Object.entries(wanted).filter(([key, value]) => known.has(key) && known.get(key) !== value);
  if (changed.length > 0 && alone) {
    const [key, value] = changed[0]!;
    return invalid(
      `Changing param values is not allowed. Param with key='${key}' was already logged with value='${known.get(key)}' for run ID='${runId}'. Attempted logging new value '${value}'.`,
    );
  }
  if (changed.length > 0) {
    const list = changed.map(([key, value]) => `{'key': '${key}', 'old_value': '${known.get(key)}', 'new_value': '${value}'}`).join(', ');
    return invalid(`Changing param values is not allowed. Params were already logged='[${list}]' for run ID='${runId}'.`);
  }
  return done(Object.fromEntries(Object.entries(wanted).filter(([key]) => !known.has(key))));
};

/** The tag that older clients list a run's models in, with one more. */
export const withLoggedModel = (before: string | null, modelJson: string): Outcome<string> => {
  let model: Json;
  try {
    model = JSON.parse(modelJson) as Json;
  } catch {
    return invalid(`Malformed model info. \n ${modelJson.slice(0, 200)} \n is not a valid JSON.`);
  }
  const mandatory = ['artifact_path', 'flavors', 'utc_time_created', 'run_id'];
  const absentMembers = mandatory.filter((member) => model === null || typeof model !== 'object' || !(member in model));
  if (absentMembers.length > 0) return invalid(`Model json is missing mandatory fields: {${absentMembers.map((member) => `'${member}'`).join(', ')}}`);
  const { signature: _, ...listed } = model;
  const value = JSON.stringify([...(before ? (JSON.parse(before) as unknown[]) : []), listed]);
  const valid = checkLength('value', value, LIMITS.tagValue);
  return valid.ok ? done(value) : valid;
};
