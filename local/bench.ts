import { fork } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './cloud/processes.ts';
import { TARGETS, parse } from './options.mjs';

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

/** Take minutes, and most a local cloud: run only where they are named. */
const ONLY_NAMED = ['memory', 'tracking', 'scale', 'load'];

/** Runs test/bench/<part>.ts in a process of its own; answers its rows, or null where it failed. */
const run = (part: string, args: string[]): Promise<Row[] | null> =>
  new Promise((resolve) => {
    const rows: Row[] = [];
    const child = fork(join(ROOT, 'test', 'bench', `${part}.ts`), args, {
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

const main = async (args: string[]): Promise<number> => {
  const { parts, ready } = parse('bench', args) as { parts: string[]; ready?: string };
  const chosen = parts.length > 0 ? parts : Object.keys(TARGETS['bench']!.parts!).filter((part) => !ONLY_NAMED.includes(part));
  const rows: Row[] = [];
  const failed: string[] = [];
  for (const part of chosen) {
    const started = performance.now();
    process.stderr.write(`${part} ...\n`);
    const found = await run(part, part === 'load' && ready ? [ready] : []);
    if (found) rows.push(...found);
    else failed.push(part);
    process.stderr.write(`${part} ${found ? 'took' : 'FAILED after'} ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
  }
  if (rows.length > 0) console.log(`\n${table(rows)}`);
  return failed.length > 0 ? 1 : 0;
};

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
