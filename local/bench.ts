import { fork } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './cloud/processes.ts';

/** One comparison; a part sends each as it is measured. Both sides ran in the same process tree, in alternation. */
export type Row = {
  what: string;
  peer: string;
  /** milliseconds, or another figure of which the unit says so */
  ours: number;
  peers: number;
  unit: string;
  /** our speed as a multiple of the peer's: above 1 ours is faster */
  speed: number;
  note?: string;
};

/** What each part measures, both sides on the same data and the same cores. */
const PARTS = {
  prediction: 'a prediction request (role, schemas, encoding, ONNX, exact Shapley values, INR course, response) against bare ONNX Runtime runs of the same model',
  statistics: 'the drift statistics of the monitoring domain against SciPy on the same arrays, with the greatest difference of the results',
  kernel: 'the simulation kernel, forward and gradient, against vmap(Diffrax Tsit5) that is no more accurate (containers/bench/kernel.py)',
  ingest: 'ingest (parse, validate, map, de-identify, OMOP Parquet) against readline + JSON.parse of the same rows as NDJSON',
} as const;
type Part = keyof typeof PARTS;

const NAMES = Object.keys(PARTS) as Part[];
const isPart = (name: string): name is Part => Object.hasOwn(PARTS, name);
const HELP = ['--help', '-h'];

const helpOf = (parts: readonly Part[]): string =>
  [
    'Benchmarks: ratios against a peer in the same run, on synthetic data. They assert nothing.',
    '',
    `usage: npm run bench -- [${NAMES.join('] [')}]   (no name: all)`,
    '',
    ...parts.map((name) => `  ${name.padEnd(12)} ${PARTS[name]}`),
  ].join('\n');

/** Runs test/bench/<part>.ts in a process of its own; answers its rows, or null where it failed. */
const run = (part: Part): Promise<Row[] | null> =>
  new Promise((resolve) => {
    const rows: Row[] = [];
    const child = fork(join(ROOT, 'test', 'bench', `${part}.ts`), {
      cwd: ROOT,
      // what the measured code logs is written, and thrown away
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1', PYTHONPATH: join(ROOT, 'containers', 'src') },
    });
    child.on('message', (row) => rows.push(row as Row));
    child.on('exit', (code) => resolve(code === 0 ? rows : null));
  });

const number = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

const table = (rows: readonly Row[]): string => {
  const cells = [
    ['measured', 'ours', 'peer', 'unit', 'speed, peer = 1', 'the peer'],
    ...rows.map(({ what, ours, peers, unit, speed, peer, note }) => [what, number(ours), number(peers), unit, `${number(speed)} x`, note ? `${peer}; ${note}` : peer]),
  ];
  const width = (column: number) => Math.max(...cells.map((row) => row[column]!.length));
  return cells
    .map((row) => row.map((cell, column) => (column === 5 ? cell : column === 0 || column === 3 ? cell.padEnd(width(column)) : cell.padStart(width(column)))).join('  '))
    .join('\n');
};

const main = async (args: readonly string[]): Promise<number> => {
  const asked = args.filter((argument) => !HELP.includes(argument));
  const unknown = asked.filter((name) => !isPart(name));
  if (unknown.length > 0) {
    console.error(`error: unknown part ${unknown.join(', ')}: allowed are ${NAMES.join(', ')}`);
    return 2;
  }
  const chosen = asked.length > 0 ? NAMES.filter((name) => asked.includes(name)) : NAMES;
  if (args.length > asked.length) {
    console.log(helpOf(chosen));
    return 0;
  }
  const rows: Row[] = [];
  const failed: Part[] = [];
  for (const part of chosen) {
    const started = performance.now();
    process.stderr.write(`${part} ...\n`);
    const found = await run(part);
    if (found) rows.push(...found);
    else failed.push(part);
    process.stderr.write(`${part} ${found ? 'took' : 'FAILED after'} ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
  }
  if (rows.length > 0) console.log(`\n${table(rows)}`);
  return failed.length > 0 ? 1 : 0;
};

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
