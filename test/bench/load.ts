import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../local/cloud/processes.ts';
import { readReady } from '../../local/cloud/ready.ts';
import { cohortsOf } from '../../local/life/cohorts.ts';
import { report } from './measure.ts';

const MODEL = 'warfarin';
const PER_SECOND = 10;
const SECONDS = 120;
/** 95 % of the answers must come within, milliseconds. */
const LIMIT_MS = 500;

/** What was wrong with an answer, or null. */
type Answer = { ms: number; error: string | null };

/** A life that ended well and still serves, with the one who ends it. */
const live = async (): Promise<{ ready: string; end: () => Promise<void> }> => {
  const folder = mkdtempSync(join(tmpdir(), 'proband-load-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const ready = join(folder, 'ready.json');
  const life = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(ROOT, 'local', 'life', 'main.ts'), '--ready', ready], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => life.once('exit', () => resolve()));
  const end = async () => {
    life.kill('SIGTERM');
    await exited;
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => void end().then(() => process.exit(130)));
  while (!existsSync(ready)) {
    if (life.exitCode !== null) throw new Error(`the life that was to serve ended with ${life.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return { ready, end };
};

/** Milliseconds that a share of the answers stayed within. */
const percentile = (sorted: readonly number[], share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;

/**
 * Each request leaves at its own time, whether or not those before it were answered, and is measured from that time: a slow answer is not
 * hidden by the requests that it would have held back.
 */
const load = async (ready: string): Promise<Answer[]> => {
  const { apiUrl, people } = readReady(ready);
  const token = await people.token('clinician');
  const patients = cohortsOf({}).stable;
  const start = performance.now();
  const ask = async (index: number): Promise<Answer> => {
    const due = start + (index * 1000) / PER_SECOND;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    try {
      const response = await fetch(`${apiUrl}/v1/models/${MODEL}/predictions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ subjectKey: `load-${index}`, features: patients[index % patients.length]!.features }),
      });
      await response.text();
      return { ms: performance.now() - due, error: response.ok ? null : `HTTP ${response.status}` };
    } catch (error) {
      return { ms: performance.now() - due, error: (error as Error).message };
    }
  };
  return Promise.all(Array.from({ length: PER_SECOND * SECONDS }, (_, index) => ask(index)));
};

const given = process.argv[2];
const { ready, end } = given === undefined ? await live() : { ready: given, end: async () => undefined };
try {
  const before = loadavg()[0]!;
  const answers = await load(ready);
  const sorted = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  const errors = answers.flatMap(({ error }) => error ?? []);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentile(sorted, share)) as [number, number, number];
  report({
    what: 'prediction through the API, p95',
    peer: `the limit at ${PER_SECOND} a second for ${SECONDS} s`,
    ours: p95,
    peers: LIMIT_MS,
    unit: 'ms',
    speed: LIMIT_MS / p95,
    note: [
      `${answers.length} requests, ${errors.length} errors${errors[0] ? ` (first: ${errors[0]})` : ''}`,
      `p50 ${p50.toFixed(0)}, p99 ${p99.toFixed(0)}, slowest ${sorted.at(-1)!.toFixed(0)} ms`,
      `machine load ${before.toFixed(1)} before, ${loadavg()[0]!.toFixed(1)} after, ${cpus().length} cores`,
    ].join('; '),
  });
} finally {
  await end();
}
// a connection that is kept alive must not hold the process
process.disconnect?.();
