// What `npm start` and its siblings take. Plain JavaScript: it answers --help and refuses bad flags before anything is installed.
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const LIFE = {
  once: { type: 'boolean', help: 'stop at the end; exit code 0 only if every step did what it must' },
  source: { type: 'string', value: 'NAME', help: 'the source map of --data (a file of config/sources without .json); default iwpc' },
  data: { type: 'string', value: 'FILE', help: 'your own file instead of the shipped synthetic cohort' },
  external: { type: 'string', value: 'FILE', help: "another institution's patients for external validation; never trained on" },
  report: { type: 'string', value: 'FILE', help: 'everything the summary says, as JSON (docs/report.schema.json); written also when a gate stops the life' },
};

const READY = { ready: { type: 'string', value: 'FILE', help: 'written when all is up: {apiUrl, tokens: {<role>: …}, stop: <pid>}' } };

const TESTS = {
  types: 'TypeScript, strict',
  lint: 'Biome, and who may import whom',
  generated: 'generated files are what their generators make',
  unit: 'unit, property and contract tests',
  python: 'the container’s tests',
  infra: 'templates, rules, cfn-lint',
  e2e: 'the whole life on the local cloud, refusals, faults, signing, personal data',
  check: 'types, lint, generated, unit, infra',
};

/** What each part measures, both sides on the same data and the same cores. */
const BENCHES = {
  prediction: 'a prediction request (role, schemas, encoding, ONNX, exact Shapley values, INR course, response) against bare ONNX Runtime runs of the same model',
  statistics: 'the drift statistics of the monitoring domain against SciPy on the same arrays, with the greatest difference of the results',
  kernel: 'the simulation kernel, forward and gradient, against vmap(Diffrax Tsit5) that is no more accurate (containers/bench/kernel.py)',
  ingest: 'ingest (parse, validate, map, de-identify, OMOP Parquet) against readline + JSON.parse of the same rows as NDJSON',
  memory: '2 GB of FHIR NDJSON through the ingest in a process with a heap of 512 MiB; only where it is named',
  tracking: 'log_metric, log_batch, search over 10,000 runs, 100,000 points, registration, paging, through the local API against `mlflow server` on SQLite; only where it is named',
  scale: 'the tracking function on 100,000 runs of an experiment and a million points of a metric, against 2 s; only where it is named',
  load: 'predictions through the local API, 10 a second for 2 minutes, against the 500 ms that 95 % must stay below; starts a whole life unless --ready names one; only where it is named',
};

export const TARGETS = {
  life: {
    entry: 'local/life/main.ts',
    command: 'npm start --',
    title: "A virtual patient model's whole life on the local cloud, then stay up until Ctrl-C.",
    options: { ...LIFE, ready: { ...READY.ready, help: `${READY.ready.help}, after the life` } },
  },
  local: { entry: 'local/cloud/main.ts', command: 'npm run local --', title: 'The local cloud with the app deployed and one worker; stays up until Ctrl-C.', options: READY },
  test: { entry: 'local/test.ts', command: 'npm test --', title: 'The whole test suite, or the parts that are named.', parts: TESTS },
  check: {
    entry: 'local/test.ts',
    command: 'npm run check --',
    title: 'Types, lint, unit tests, synthesis with rules, generated files, or the parts that are named.',
    parts: TESTS,
  },
  bench: {
    entry: 'local/bench.ts',
    command: 'npm run bench --',
    title: 'Benchmarks: ratios against a peer in the same run, on synthetic data. They assert nothing.',
    parts: BENCHES,
    options: { ready: { ...READY.ready, help: 'load: what `npm start -- --ready FILE` wrote and still serves' } },
  },
  proband: { entry: 'cli/main.ts', command: 'npm run proband --', title: 'The command line client of the API.', python: false },
};

export const helpOf = (target) => {
  const { command, title, options = {}, parts = {} } = TARGETS[target];
  const width = Math.max(...Object.keys(parts).map((name) => name.length), 18);
  const row = (name, text) => `  ${name.padEnd(width)} ${text}`;
  return [
    title,
    '',
    `usage: ${command}${Object.keys(parts).length > 0 ? ' [part …]' : ''}${Object.keys(options).length > 0 ? ' [options]' : ''}`,
    '',
    ...Object.entries(parts).map(([name, text]) => row(name, text)),
    ...Object.entries(options).map(([name, { value, help }]) => row(`--${name}${value ? ` ${value}` : ''}`, help)),
    row('--help', 'this text'),
  ].join('\n');
};

const where = (path) => resolve(process.env.INIT_CWD ?? process.cwd(), path);

/**
 * The values of a target's options, paths absolute, and the named parts in their order. Throws one line that names the bad value and what
 * is allowed.
 */
export const parse = (target, args) => {
  const { options = {}, parts } = TARGETS[target];
  let values;
  let positionals;
  try {
    ({ values, positionals } = parseArgs({
      args,
      options: Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }])),
      strict: true,
      allowPositionals: parts !== undefined,
    }));
  } catch (error) {
    throw new Error(`${error.message.split('. ')[0]}; allowed are ${[...Object.keys(options), 'help'].map((name) => `--${name}`).join(', ')}`);
  }
  const unknown = positionals.filter((name) => !Object.hasOwn(parts, name));
  if (unknown.length > 0) throw new Error(`unknown part ${unknown.join(', ')}: allowed are ${Object.keys(parts).join(', ')}`);
  if (parts) values.parts = Object.keys(parts).filter((name) => positionals.includes(name));
  for (const name of target === 'bench' ? ['ready'] : ['data', 'external']) {
    if (values[name] === undefined) continue;
    values[name] = where(values[name]);
    if (!existsSync(values[name]) || !statSync(values[name]).isFile()) throw new Error(`--${name} ${values[name]}: no such file`);
  }
  for (const name of target === 'bench' ? [] : ['report', 'ready']) {
    if (values[name] === undefined) continue;
    values[name] = where(values[name]);
    if (!existsSync(resolve(values[name], '..'))) throw new Error(`--${name} ${values[name]}: its folder does not exist`);
  }
  if (values.external !== undefined && values.data === undefined) throw new Error('--external goes with --data: the shipped cohort has its own external institution');
  if (values.source !== undefined && !existsSync(new URL(`../config/sources/${encodeURIComponent(values.source)}.json`, import.meta.url)))
    throw new Error(`--source ${values.source}: no file config/sources/${values.source}.json`);
  return values;
};
