import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { build } from 'esbuild';
import { type Cloud, cloudUp } from '../../local/cloud/up.ts';
import { PYTHON, leaveOnSignals, stopAll } from '../../local/cloud/processes.ts';
import { alternate, median, report } from './measure.ts';
import { type Call, eventOf } from './tracking/calls.ts';
import { type Consumed, meter, perMillion } from './tracking/consumed.ts';
import { sweepRun, writeRuns } from './tracking/many-runs.ts';
import { type MlflowServer, startMlflow } from './tracking/mlflow-server.ts';

const PROJECT = 'bench';
const RUNS = 10_000;
const POINTS = 100_000;
const IN_BATCH = 1000;
/** infra/constructs/tracking.ts */
const MEMORY_GIB = { tracking: 1769 / 1024, registry: 1 };
const HERE = join(import.meta.dirname, 'tracking');
const folder = mkdtempSync(join(tmpdir(), 'proband-tracking-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
leaveOnSignals(() => 130);

// biome-ignore lint/suspicious/noExplicitAny: the answers of every call
type Json = any;
type Client = (call: Call) => Promise<Json>;
const clientOf =
  (base: string, token?: () => Promise<string>): Client =>
  async ({ method, path, members, query }) => {
    const response = await fetch(`${base}/api/2.0/mlflow/${path}${query ? `?${query}` : ''}`, {
      method,
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${await token()}` } : {}) },
      ...(members ? { body: JSON.stringify(members) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text);
  };

const python = (command: string, args: string[], { input, env = {} }: { input?: string; env?: Record<string, string> } = {}): string => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26, env: { ...process.env, ...env }, ...(input === undefined ? {} : { input }) });
  if (status !== 0) throw new Error(`${args[0]}: ${stderr.trim().split('\n').at(-1)}`);
  return stdout;
};

/** What a call costs before any code of ours, milliseconds: a function behind the same API that does nothing, and one that reads an item. */
const floorOf = async ({ emulator, apiUrl, people }: Cloud) => {
  const bundle = join(folder, 'floor.mjs');
  await build({ entryPoints: [join(HERE, 'floor.ts')], outfile: bundle, bundle: true, platform: 'node', format: 'esm', mainFields: ['module', 'main'], logLevel: 'warning' });
  const environments = JSON.parse(python(PYTHON, [join(HERE, 'floor.py'), emulator.endpoint, apiUrl.split('/').at(-1)!, bundle])) as Record<
    'tracking' | 'registry',
    Record<string, string>
  >;
  const token = await people.token('data-scientist');
  const take = async (name: string): Promise<number> => {
    const times: number[] = [];
    for (let round = 0; round < 30; round++) {
      const started = performance.now();
      const response = await fetch(`${apiUrl}/floor/${name}`, { headers: { authorization: `Bearer ${token}` } });
      await response.text();
      if (!response.ok) throw new Error(`the floor was answered ${response.status}`);
      times.push(performance.now() - started);
    }
    return median(times);
  };
  return { environments, nothing: await take('nothing'), item: await take('item') };
};

type Handler = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;
/** The functions themselves in this process, on the local cloud's tables: what a call consumes, and how long it runs. */
const inProcess = async (environments: Record<'tracking' | 'registry', Record<string, string>>, env: Record<string, string>) => {
  Object.assign(process.env, environments.tracking, environments.registry, env, { POWERTOOLS_LOG_LEVEL: 'SILENT' });
  const handlers: Record<'tracking' | 'registry', Handler> = {
    tracking: (await import('../../lambdas/mlflow/tracking/handler.ts')).handler,
    registry: (await import('../../lambdas/mlflow/registry/handler.ts')).handler,
  };
  const counter = meter();
  return async (service: 'tracking' | 'registry', calls: readonly Call[]): Promise<{ consumed: Consumed; milliseconds: number }> => {
    const before = counter.consumed;
    const started = performance.now();
    for (const call of calls) {
      const { statusCode, body } = await handlers[service](eventOf(PROJECT, call));
      if (statusCode !== 200) throw new Error(`${call.path} was answered ${statusCode}: ${body}`);
    }
    const after = counter.consumed;
    return {
      milliseconds: performance.now() - started,
      consumed: {
        readUnits: after.readUnits - before.readUnits,
        writeUnits: after.writeUnits - before.writeUnits,
        requests: after.requests - before.requests,
      },
    };
  };
};

const post = (path: string, members: Record<string, unknown>): Call => ({ method: 'POST', path, members });
const START = 1_760_000_000_000;

const compare = async (cloud: Cloud, mlflow: MlflowServer): Promise<void> => {
  const floor = await floorOf(cloud);
  const ask = await inProcess(floor.environments, cloud.emulator.env);
  const base = `${cloud.apiUrl}/mlflow/${PROJECT}`;
  const clients = { ours: clientOf(base, () => cloud.people.token('data-scientist')), peer: clientOf(mlflow.url) };
  const sides = Object.keys(clients) as (keyof typeof clients)[];
  const ids = {} as Record<keyof typeof clients, { experiment: string; filled: string; run: string }>;
  for (const side of sides) {
    const client = clients[side];
    const { experiment_id: experiment } = (await client(post('experiments/create', { name: 'calls' }))) as { experiment_id: string };
    const { experiment_id: filled } = (await client(post('experiments/create', { name: 'sweep' }))) as { experiment_id: string };
    const { run } = (await client(post('runs/create', { experiment_id: experiment, start_time: START }))) as { run: { info: { run_id: string } } };
    ids[side] = { experiment, filled, run: run.info.run_id };
  }

  const tell = async (
    what: string,
    times: { ours: number; peers: number },
    cost: { service: 'tracking' | 'registry'; calls: Call[]; per: number; requests?: number; events?: number },
  ): Promise<void> => {
    const { consumed, milliseconds } = await ask(cost.service, cost.calls);
    const each = { readUnits: consumed.readUnits / cost.per, writeUnits: consumed.writeUnits / cost.per, requests: consumed.requests / cost.per };
    const { requests = 1, events = 0 } = cost;
    const price = perMillion({ consumed: each, milliseconds: milliseconds / cost.per, gib: MEMORY_GIB[cost.service], requests, events });
    report({
      what,
      peer: 'mlflow server, SQLite',
      ...times,
      unit: 'ms',
      speed: times.peers / times.ours,
      note: `floor ${(floor.nothing * requests).toFixed(0)} ms, with one read ${(floor.item * requests).toFixed(0)} ms; ${each.readUnits.toFixed(1)} read and ${each.writeUnits.toFixed(1)} write units, USD ${price.toFixed(2)} a million`,
    });
  };

  let step = 0;
  const metric = (run: string) => post('runs/log-metric', { run_id: run, key: 'loss', value: Math.random(), timestamp: START + step, step: step++ });
  await tell(
    'log_metric',
    await alternate(
      40,
      () => clients.ours(metric(ids.ours.run)),
      () => clients.peer(metric(ids.peer.run)),
    ),
    { service: 'tracking', calls: Array.from({ length: 257 }, () => metric(ids.ours.run)), per: 257 },
  );

  let from = 0;
  const batch = (run: string, key: (index: number) => string) =>
    post('runs/log-batch', {
      run_id: run,
      metrics: Array.from({ length: IN_BATCH }, (_, index) => ({ key: key(index), value: Math.random(), timestamp: START + from, step: from++ })),
    });
  const tenKeys = (index: number) => `metric_${index % 10}`;
  await tell(
    'log_batch, 1,000 metrics of 10 keys',
    await alternate(
      10,
      () => clients.ours(batch(ids.ours.run, tenKeys)),
      () => clients.peer(batch(ids.peer.run, tenKeys)),
    ),
    { service: 'tracking', calls: Array.from({ length: 6 }, () => batch(ids.ours.run, tenKeys)), per: 6 },
  );

  process.stderr.write(`${RUNS} runs and ${POINTS} points are written on both sides; machine load ${loadavg()[0]!.toFixed(1)} of ${cpus().length} cores ...\n`);
  const { TRACKING_TABLE: table } = floor.environments.tracking as { TRACKING_TABLE: string };
  await writeRuns(table, PROJECT, ids.ours.filled, RUNS, { rows: 0, whole: true });
  mlflow.fill(
    ids.peer.filled,
    Array.from({ length: RUNS }, (_, index) => sweepRun(ids.peer.filled, index)),
  );
  const search = (experiment: string) =>
    post('runs/search', {
      experiment_ids: [experiment],
      filter: "metrics.val_loss < 0.6 AND params.architecture = 'hybrid'",
      order_by: ['metrics.val_loss ASC'],
      max_results: 100,
    });
  const found = (await clients.peer(search(ids.peer.filled))) as { runs: { info: { run_id: string } }[] };
  const searched = await alternate(
    9,
    () => clients.ours(search(ids.ours.filled)),
    () => clients.peer(search(ids.peer.filled)),
  );
  await tell('search_runs over 10,000 runs, filter and order, 100 answered; priced in a new process', searched, {
    service: 'tracking',
    calls: [search(ids.ours.filled)],
    per: 1,
  });
  await tell('the same; priced in a process that has searched before', searched, { service: 'tracking', calls: Array.from({ length: 3 }, () => search(ids.ours.filled)), per: 3 });
  if (found.runs.length !== 100) throw new Error(`the peer found ${found.runs.length} runs`);

  const course = async (client: Client, run: string): Promise<Call[]> => {
    const asked: Call[] = [];
    let points = 0;
    for (let token: string | undefined = ''; token !== undefined; ) {
      const call: Call = {
        method: 'GET',
        path: 'metrics/get-history',
        query: String(new URLSearchParams({ run_id: run, metric_key: 'long', max_results: '25000', ...(token ? { page_token: token } : {}) })),
      };
      asked.push(call);
      const page = (await client(call)) as { metrics: object[]; next_page_token?: string };
      points += page.metrics.length;
      token = page.next_page_token || undefined;
    }
    if (points !== POINTS) throw new Error(`${points} of ${POINTS} points were answered`);
    return asked;
  };
  for (const side of sides) for (let at = 0; at < POINTS; at += IN_BATCH) await clients[side](batch(ids[side].run, () => 'long'));
  const pages = await course(clients.ours, ids.ours.run);
  await tell(
    'get_metric_history of 100,000 points, every page',
    await alternate(
      3,
      () => course(clients.ours, ids.ours.run),
      () => course(clients.peer, ids.peer.run),
    ),
    { service: 'tracking', calls: pages, per: 1, requests: pages.length },
  );

  for (const side of sides) await clients[side](post('registered-models/create', { name: 'dose' }));
  let version = 0;
  const registered = async (client: Client): Promise<void> => {
    const made = (await client(post('model-versions/create', { name: 'dose', source: 's3://models/dose' }))) as { model_version: { version: string } };
    await client(post('registered-models/alias', { name: 'dose', alias: 'candidate', version: made.model_version.version }));
    version = Number(made.model_version.version);
  };
  const times = await alternate(
    15,
    () => registered(clients.ours),
    () => registered(clients.peer),
  );
  const versionBefore = version;
  await tell('a version registered, an alias set', times, {
    service: 'registry',
    calls: Array.from({ length: 5 }, (_, index) => [
      post('model-versions/create', { name: 'dose', source: 's3://models/dose' }),
      post('registered-models/alias', { name: 'dose', alias: 'candidate', version: String(versionBefore + index + 1) }),
    ]).flat(),
    per: 5,
    requests: 2,
    events: 2,
  });

  const paged = (uri: string, experiment: string, env: Record<string, string>) => {
    const read = JSON.parse(python(mlflow.python, [join(HERE, 'page-through.py'), uri, experiment], { env })) as { seconds: number; runs: number; distinct: number };
    if (read.runs !== read.distinct) throw new Error(`${read.runs - read.distinct} runs were on two pages`);
    return read;
  };
  const ours = paged(base, ids.ours.filled, { MLFLOW_TRACKING_TOKEN: await cloud.people.token('data-scientist') });
  const peer = paged(mlflow.url, ids.peer.filled, {});
  if (ours.runs !== peer.runs) throw new Error(`${ours.runs} runs here, ${peer.runs} there`);
  report({
    what: `${ours.runs} active runs paged through by the stock client, each once`,
    peer: 'mlflow server, SQLite',
    ours: ours.seconds * 1000,
    peers: peer.seconds * 1000,
    unit: 'ms',
    speed: peer.seconds / ours.seconds,
    note: `floor ${(floor.nothing * Math.ceil(ours.runs / 1000)).toFixed(0)} ms`,
  });
};

const mlflow = await startMlflow(folder).catch((error: Error) => {
  process.stderr.write(`tracking is skipped: there is no MLflow server to compare with (${error.message})\n`);
});
if (mlflow) {
  try {
    const cloud = await cloudUp((_, run) => run());
    await compare(cloud, mlflow);
  } finally {
    mlflow.stop();
    await stopAll();
  }
}
// a connection that is kept alive must not hold the process
process.disconnect?.();
