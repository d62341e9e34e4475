import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { build } from 'esbuild';
import { createExperiment } from '../../lambdas/adapters/tracking/experiment-store.ts';
import { createProject } from '../../lambdas/adapters/project-store.ts';
import { createRun } from '../../lambdas/adapters/tracking/run-store.ts';
import { ROOT, leaveOnSignals, stopAll } from '../../local/cloud/processes.ts';
import { startTables } from '../contract/tables.ts';
import { median, report } from './measure.ts';
import { startFunction } from './tracking/calls.ts';
import type { Answered } from './tracking/function-process.ts';
import { writeMetric } from './tracking/long-metric.ts';
import { sweepRun, writeRuns } from './tracking/many-runs.ts';

const TABLE = 'tracking';
const PROJECT = 'scale';
const RUNS = 100_000;
const POINTS = 1_000_000;
const ROUNDS = 5;
/** What a search must stay within, milliseconds. */
const LIMIT_MS = 2000;

const QUESTIONS: Record<string, { filter: string; order_by: string[] }> = {
  metric: { filter: 'metrics.val_loss < 0.6 AND metrics.r2 > 0.5', order_by: ['metrics.val_loss ASC'] },
  parameter: { filter: "params.architecture = 'hybrid' AND params.optimiser LIKE 'ad%'", order_by: ['params.learning_rate DESC'] },
  tag: { filter: "tags.site = 'hospital-3'", order_by: ['tags.`mlflow.user` ASC', 'metrics.loss DESC'] },
  'no filter': { filter: '', order_by: ['metrics.mae_mg_week ASC'] },
};

const folder = mkdtempSync(join(tmpdir(), 'proband-scale-'));
const bundle = join(folder, 'function.mjs');
leaveOnSignals(() => 130);

const bundled = (): Promise<unknown> =>
  build({
    absWorkingDir: ROOT,
    entryPoints: ['lambdas/mlflow/tracking/handler.ts'],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
    mainFields: ['module', 'main'],
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  });

const describe = ({ cpuMs, memoryMiB, body }: Answered): string =>
  `${cpuMs.toFixed(0)} ms of a core, the process held ${memoryMiB.toFixed(0)} MiB, answered ${(body.length / 1e6).toFixed(2)} MB`;

const tell = (what: string, ours: number, answered: Answered, more = ''): void =>
  report({
    what,
    peer: 'the limit',
    ours,
    peers: LIMIT_MS,
    unit: 'ms',
    speed: LIMIT_MS / ours,
    note: `${more}${describe(answered)}, machine load ${loadavg()[0]!.toFixed(1)} of ${cpus().length} cores`,
  });

const searches = async (variables: Record<string, string>, experimentId: string): Promise<void> => {
  const search = (name: string) => ({ method: 'POST' as const, path: 'runs/search', members: { experiment_ids: [experimentId], max_results: 100, ...QUESTIONS[name] } });
  const first = startFunction(bundle, PROJECT, variables);
  const moving = await first.call(search('metric'));
  tell(`search ${RUNS} runs, the first one`, moving.fromStart, moving);
  first.end();
  for (const name of Object.keys(QUESTIONS)) {
    const cold = startFunction(bundle, PROJECT, variables);
    const answered = await cold.call(search(name));
    tell(`search ${RUNS} runs by ${name}, cold`, answered.fromStart, answered, 'from the start of the process; ');
    cold.end();
  }
  const warm = startFunction(bundle, PROJECT, variables);
  for (const name of Object.keys(QUESTIONS)) await warm.call(search(name));
  for (const name of Object.keys(QUESTIONS)) {
    const answers: Answered[] = [];
    for (let round = 0; round < ROUNDS; round++) answers.push(await warm.call(search(name)));
    tell(`search ${RUNS} runs by ${name}, warm`, median(answers.map(({ milliseconds }) => milliseconds)), answers.at(-1)!);
  }
  const deep = await warm.call({ method: 'POST', path: 'runs/search', members: { experiment_ids: [experimentId], max_results: 50_000 } });
  tell(`the largest page of ${RUNS} runs`, deep.milliseconds, deep, `${JSON.parse(deep.body).runs.length} runs; `);
  warm.end();
};

const courses = async (variables: Record<string, string>, runId: string, key: string, title: string): Promise<void> => {
  const one = startFunction(bundle, PROJECT, variables);
  const [times, seen]: [number[], Set<number>] = [[], new Set()];
  let last: Answered | undefined;
  for (let token = ''; last === undefined || token; ) {
    const query = new URLSearchParams({ run_id: runId, metric_key: key, ...(token ? { page_token: token } : {}) });
    last = await one.call({ method: 'GET', path: 'metrics/get-history', query: String(query) });
    const { metrics, next_page_token } = JSON.parse(last.body) as { metrics: { step: number }[]; next_page_token?: string };
    for (const { step } of metrics) seen.add(step);
    times.push(last.milliseconds);
    token = next_page_token ?? '';
  }
  if (seen.size !== POINTS) throw new Error(`${seen.size} of ${POINTS} points were read`);
  tell(`a page of a course of ${POINTS} points, ${title}`, median(times), last, `${times.length} pages, the slowest ${Math.max(...times).toFixed(0)} ms, each point once; `);
  one.end();
  const other = startFunction(bundle, PROJECT, variables);
  const sampled = await other.call({
    method: 'GET',
    path: 'metrics/get-history-bulk-interval',
    query: String(new URLSearchParams({ run_ids: runId, metric_key: key, max_results: '320' })),
  });
  tell(`that course sampled at 320 steps, cold`, sampled.fromStart, sampled, `${JSON.parse(sampled.body).metrics.length} points; `);
  other.end();
};

try {
  await startTables(TABLE, 'registry');
  const { QueueUrl } = await new SQSClient({}).send(new CreateQueueCommand({ QueueName: 'audit-calls' }));
  const variables = { TRACKING_TABLE: TABLE, REGISTRY_TABLE: 'registry', AUDIT_QUEUE_URL: QueueUrl!, PROJECTS_ON_FIRST_USE: 'no' };
  await createProject(TABLE, { project: PROJECT, description: '', access: 'everyone', members: {}, production: 'open', createdAt: new Date().toISOString(), createdBy: 'bench' });
  const experiment = (await createExperiment(TABLE, PROJECT, { name: 'sweep', tags: {} }))!;
  const [, started] = [await bundled(), performance.now()];
  await writeRuns(TABLE, PROJECT, experiment.experimentId, RUNS, { whole: false });
  process.stderr.write(`${RUNS} runs were written in ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
  await searches(variables, experiment.experimentId);
  const { params: _p, tags: _t, metrics: _m, datasets: _d, modelInputs: _i, modelOutputs: _o, ...head } = sweepRun(experiment.experimentId, RUNS);
  await createRun(TABLE, PROJECT, head, {});
  for (const [key, together, title] of [
    ['loss', 1000, 'logged in batches of 1,000'],
    ['val_loss', 257, 'logged one by one'],
  ] as const) {
    await writeMetric(TABLE, PROJECT, head.runId, key, POINTS, together);
    await courses(variables, head.runId, key, title);
  }
} finally {
  await stopAll();
  rmSync(folder, { recursive: true, force: true });
}
process.disconnect?.();
