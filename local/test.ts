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

const run = ({ command, args }: Part): Promise<number> =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, PATH: `${BIN}:${process.env['PATH']}`, PYTHONPATH: join(ROOT, 'containers', 'src'), ORT_DISABLE_TELEMETRY: '1' },
    });
    child.on('error', (error) => {
      console.error(`error: ${command}: ${error.message}`);
      resolve(1);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });

const asked = (parse('test', process.argv.slice(2)) as { parts: string[] }).parts;
const isCheck = asked.includes('check') || (asked.length === 0 && process.env['npm_lifecycle_event'] === 'check');
const chosen = isCheck ? CHECK : asked.length > 0 ? asked : Object.keys(PARTS);
if (!existsSync(join(ROOT, '..', 'shared'))) console.log('note: no ../shared beside the checkout: tests on real data are skipped');

const results: { name: string; seconds: number; failed: boolean }[] = [];
for (const name of chosen) {
  console.log(`\n── ${name}`);
  const started = performance.now();
  let failed = false;
  for (const part of PARTS[name]!()) failed = (await run(part)) !== 0 || failed;
  results.push({ name, seconds: (performance.now() - started) / 1000, failed });
}
console.log('');
for (const { name, seconds, failed } of results) console.log(`${failed ? 'FAILED' : 'ok    '}  ${name.padEnd(10)} ${seconds.toFixed(0).padStart(5)} s`);
process.exit(results.some(({ failed }) => failed) ? 1 : 0);
