import { type Outcome, done } from '../../contracts/outcome.ts';
import { invalid, invalidValue, missingValue, tooLong } from '../mlflow/refusals.ts';

/** Limits of MLflow 3.12 (mlflow/utils/validation.py, and its tables' columns); lengths in characters. */
export const LIMITS = {
  metricsPerBatch: 1000,
  paramsPerBatch: 100,
  tagsPerBatch: 100,
  entitiesPerBatch: 1000,
  batchBytes: 1_000_000,
  paramValue: 6000,
  tagValue: 8000,
  experimentName: 500,
  experimentTagValue: 5000,
  key: 250,
  registryTagValue: 100_000,
  artifactLocation: 2048,
  alias: 255,
  datasetName: 500,
  datasetDigest: 36,
  datasetSource: 65_535,
  datasetSchema: 1_048_575,
  datasetProfile: 16_777_215,
  inputTagKey: 255,
  inputTagValue: 500,
  evaluationDatasetName: 255,
  evaluationTagKey: 255,
  evaluationTagValue: 5000,
} as const;

/** As Python counts: one a code point. */
export const lengthOf = (text: string): number => {
  if (text.length < 0x8000 && !/[\ud800-\udbff]/.test(text)) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
};

/** As Python's posixpath.normpath: what a name would be as a path. */
const normalPath = (path: string): string => {
  if (path === '') return '.';
  const rooted = path.startsWith('//') && !path.startsWith('///') ? '//' : path.startsWith('/') ? '/' : '';
  const steps: string[] = [];
  for (const step of path.split('/')) {
    if (step === '' || step === '.') continue;
    if (step !== '..' || (!rooted && steps.length === 0) || steps.at(-1) === '..') steps.push(step);
    else steps.pop();
  }
  return rooted + steps.join('/') || '.';
};

const CHARACTERS = /^[/\p{L}\p{N}_.\- :]*$/u;
const ALLOWED = 'Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).';
/** As Python's repr() of a string. */
export const quoted = (text: string): string => (text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`);

export const resolvesElsewhere = (name: string): boolean => {
  const normal = normalPath(name);
  return normal !== name || normal === '.' || normal.startsWith('..') || normal.startsWith('/');
};
export const elsewhere = (name: string): string =>
  `Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to ${quoted(normalPath(name))}`;

/** A metric's, a parameter's or a tag's key: MLflow's characters, and no path that means another name. */
export const checkKey = (name: string, path: string): Outcome<null> => {
  if (!CHARACTERS.test(name)) return invalid(invalidValue(path, name, ALLOWED));
  if (resolvesElsewhere(name)) return invalid(invalidValue(path, name, elsewhere(name)));
  return done(null);
};

export const checkLength = (path: string, text: string, limit: number): Outcome<null> =>
  text.length > limit && lengthOf(text) > limit ? invalid(tooLong(path, limit)) : done(null);

/** The first refusal of several checks. */
export const every = (...checks: (() => Outcome<null>)[]): Outcome<null> => {
  for (const check of checks) {
    const outcome = check();
    if (!outcome.ok) return outcome;
  }
  return done(null);
};

/** MLflow's server cuts values of parameters and tags that are too long. */
export const cut = (text: string, limit: number): string => (text.length <= limit || lengthOf(text) <= limit ? text : [...text].slice(0, limit).join(''));

export const checkParam = (key: string, path = ''): Outcome<null> =>
  every(
    () => checkKey(key, path ? `${path}.key` : 'key'),
    () => checkLength('Param key', key, LIMITS.key),
  );
export const checkTag = (key: string, path = ''): Outcome<null> => {
  const at = path ? `${path}.key` : 'key';
  return every(
    () => checkKey(key, at),
    () => checkLength(at, key, LIMITS.key),
  );
};
export const checkExperimentTag = (key: string, value: string): Outcome<null> =>
  every(
    () => checkKey(key, 'key'),
    () => checkLength('key', key, LIMITS.key),
    () => checkLength('value', value, LIMITS.experimentTagValue),
  );
export const checkRegistryTag = (key: string, value: string): Outcome<null> =>
  every(
    () => checkKey(key, 'key'),
    () => checkLength('key', key, LIMITS.key),
    () => checkLength('value', value, LIMITS.registryTagValue),
  );

export const checkRunId = (runId: string): Outcome<null> => (/^[a-zA-Z0-9][\w-]{0,255}$/.test(runId) ? done(null) : invalid(invalidValue('run_id', runId)));

export const checkExperimentName = (name: string): Outcome<null> =>
  name === '' ? invalid(`Invalid experiment name: '${name}'`) : checkLength('name', name, LIMITS.experimentName);

/** A registered model's name. `path`: the request's member. */
export const checkModelName = (name: string, path = 'name'): Outcome<null> => {
  if (name.trim() === '') return invalid(missingValue(path));
  if (/[/:]/.test(name)) return invalid(`Invalid model name '${name}'. Names cannot contain '/' or ':'.`);
  if (resolvesElsewhere(name)) return invalid(invalidValue('name', name, elsewhere(name)));
  return checkLength('name', name, LIMITS.key);
};

export const checkVersion = (version: string): Outcome<number> =>
  /^\s*[+-]?\d+\s*$/.test(version) ? done(Number(version)) : invalid(`Parameter 'version' must be an integer, got '${version}'.`);

export const checkAlias = (alias: string): Outcome<null> => {
  if (!/^[\p{L}\p{N}_-]*$/u.test(alias)) return invalid(`Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`);
  return checkLength('Registered model alias name', alias, LIMITS.alias);
};
export const checkNewAlias = (alias: string): Outcome<null> => {
  const valid = checkAlias(alias);
  if (!valid.ok) return valid;
  if (alias.toLowerCase() === 'latest') return invalid("'latest' alias name (case insensitive) is reserved.");
  if (/^[vV]\d+$/.test(alias)) return invalid(`Version alias name '${alias}' is reserved.`);
  return done(null);
};

const FORBIDDEN = ['/', ':', '.', '%', '"', "'"];
export const checkLoggedModelName = (name: string): Outcome<null> =>
  FORBIDDEN.some((character) => name.includes(character))
    ? invalid(`Invalid model name (${quoted(name)}) provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`)
    : done(null);
