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

const LOCAL = {
  ready: { type: 'string', value: 'FILE', help: 'written when all is up: {apiUrl, tokens: {<role>: …}, stop: <pid>}' },
};

export const TARGETS = {
  life: { entry: 'local/life/main.ts', command: 'npm start --', title: "A virtual patient model's whole life on the local cloud, then stay up until Ctrl-C.", options: LIFE },
  local: { entry: 'local/cloud/main.ts', command: 'npm run local --', title: 'The local cloud with the app deployed and one worker; stays up until Ctrl-C.', options: LOCAL },
  test: { entry: 'local/test.ts', command: 'npm test --', title: 'The whole test suite. Name parts to run only those: types, lint, unit, python, infra, e2e.' },
  check: { entry: 'local/test.ts', command: 'npm run check --', title: 'Types, lint, unit tests, synthesis with rules, generated files.' },
  bench: { entry: 'local/bench.ts', command: 'npm run bench --', title: 'Benchmarks: ratios against a peer in the same run.' },
  proband: { entry: 'cli/main.ts', command: 'npm run proband --', title: 'The command line client of the API.', python: false },
};

export const helpOf = (target) => {
  const { command, title, options = {} } = TARGETS[target];
  const rows = Object.entries(options).map(([name, { value, help }]) => `  ${`--${name}${value ? ` ${value}` : ''}`.padEnd(18)} ${help}`);
  return [title, '', `usage: ${command}${rows.length > 0 ? ' [options]' : ' …'}`, '', ...rows, ...(rows.length > 0 ? [`  ${'--help'.padEnd(18)} this text`] : [])].join('\n');
};

const where = (path) => resolve(process.env.INIT_CWD ?? process.cwd(), path);

/** The values of a target's options, paths absolute. Throws one line that names the bad value and what is allowed. */
export const parse = (target, args) => {
  const { options } = TARGETS[target];
  let values;
  try {
    ({ values } = parseArgs({ args, options: Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }])), strict: true, allowPositionals: false }));
  } catch (error) {
    throw new Error(
      `${error.message.split('. ')[0]}; allowed are ${Object.keys(options)
        .map((name) => `--${name}`)
        .join(', ')}, --help`,
    );
  }
  for (const name of ['data', 'external']) {
    if (values[name] === undefined) continue;
    values[name] = where(values[name]);
    if (!existsSync(values[name]) || !statSync(values[name]).isFile()) throw new Error(`--${name} ${values[name]}: no such file`);
  }
  for (const name of ['report', 'ready']) {
    if (values[name] === undefined) continue;
    values[name] = where(values[name]);
    if (!existsSync(resolve(values[name], '..'))) throw new Error(`--${name} ${values[name]}: its folder does not exist`);
  }
  if (values.external !== undefined && values.data === undefined) throw new Error('--external goes with --data: the shipped cohort has its own external institution');
  if (values.source !== undefined && !existsSync(new URL(`../config/sources/${encodeURIComponent(values.source)}.json`, import.meta.url)))
    throw new Error(`--source ${values.source}: no file config/sources/${values.source}.json`);
  return values;
};
