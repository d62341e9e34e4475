import { spawn } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { BIN, PYTHON, ROOT } from './cloud/processes.ts';
import { parse } from './options.mjs';

type Part = { command: string; args: string[] };
const node = (...args: string[]): Part => ({ command: join(BIN, 'node'), args: ['--disable-warning=ExperimentalWarning', ...args] });
const tests = (...patterns: string[]): string[] => patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).sort();

/** The suite's parts, in order; each is its own tool, whose closing lines are shown. */
const PARTS: Record<string, () => Part[]> = {
  types: () => [node(join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.')],
  lint: () => [
    { command: join(BIN, 'biome'), args: ['check', '--error-on-warnings', '.'] },
    node(join(BIN, 'depcruise'), '--config', '.dependency-cruiser.cjs', 'infra', 'lambdas', 'config', 'cli', 'local'),
  ],
  generated: () => [node('cli/generate-openapi.ts', '--check'), node('local/cohort/make-cohort.ts', '--check'), node('local/life/report-schema.ts', '--check')],
  unit: () => [node('--test', '--test-concurrency=2', ...tests('test/unit/**/*.test.ts', 'test/contract/**/*.test.ts'))],
  python: () => [{ command: PYTHON, args: ['-m', 'pytest', 'containers/tests', '-q', '--durations=5'] }],
  infra: () => [node('--test', '--test-isolation=none', ...tests('test/infra/**/*.test.ts'))],
  e2e: () => [node('--test', '--test-concurrency=1', '--test-reporter=spec', ...tests('test/e2e/**/*.test.ts'))],
};
/** What `npm run check` runs: everything but the slow parts. */
const CHECK = ['types', 'lint', 'generated', 'unit', 'infra'];

/** These use a core each: where both are asked for, they run at the same time. */
const BESIDE: readonly string[] = ['python', 'infra'];

/** What it prints is shown as it comes, or held. */
const run = ({ command, args }: Part, held: Buffer[] | null): Promise<number> =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: ['ignore', held ? 'pipe' : 'inherit', held ? 'pipe' : 'inherit'],
      env: { ...process.env, PATH: `${BIN}:${process.env['PATH']}`, PYTHONPATH: join(ROOT, 'containers', 'src'), ORT_DISABLE_TELEMETRY: '1' },
    });
    child.on('error', (error) => {
      console.error(`error: ${command}: ${error.message}`);
      resolve(1);
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => held!.push(chunk));
    child.on('close', (code) => resolve(code ?? 1));
  });

const asked = (parse('test', process.argv.slice(2)) as { parts: string[] }).parts;
const isCheck = asked.includes('check') || (asked.length === 0 && process.env['npm_lifecycle_event'] === 'check');
const chosen = isCheck ? CHECK : asked.length > 0 ? asked : Object.keys(PARTS);
if (!existsSync(join(ROOT, '..', 'shared'))) console.log('note: no ../shared beside the checkout: tests on real data are skipped');

type Result = { name: string; seconds: number; failed: boolean };
const runPart = async (name: string, held: Buffer[] | null): Promise<Result> => {
  const started = performance.now();
  let failed = false;
  for (const part of PARTS[name]!()) failed = (await run(part, held)) !== 0 || failed;
  return { name, seconds: (performance.now() - started) / 1000, failed };
};

const results: Result[] = [];
const beside = BESIDE.every((name) => chosen.includes(name)) ? BESIDE : [];
for (const name of chosen) {
  if (beside.includes(name) && name !== beside[0]) continue;
  const group = name === beside[0] ? beside : [name];
  console.log(`\n── ${group.join(', ')}`);
  // the first shows its progress, the others what they printed after it
  const held: Buffer[] = [];
  results.push(...(await Promise.all(group.map((each, place) => runPart(each, place === 0 ? null : held)))));
  process.stdout.write(Buffer.concat(held));
}
console.log('');
for (const { name, seconds, failed } of results) console.log(`${failed ? 'FAILED' : 'ok    '}  ${name.padEnd(10)} ${seconds.toFixed(0).padStart(5)} s`);
process.exit(results.some(({ failed }) => failed) ? 1 : 0);
