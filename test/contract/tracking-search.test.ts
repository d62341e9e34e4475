import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import type { Experiment } from '../../lambdas/contracts/tracking.ts';
import type { Manifest } from '../../lambdas/adapters/tracking/run-blocks.ts';
import type { Rows } from '../../lambdas/adapters/tracking/run-index.ts';
import { PYTHON, stopAll } from '../../local/cloud/processes.ts';
import { startTables } from './tables.ts';

const TABLE = 'tracking';
const EXPERIMENT = {
  experimentId: '1',
  name: 'one',
  artifactLocation: 'mlflow-artifacts:/1',
  lifecycle: 'active',
  createdAt: 0,
  updatedAt: 0,
  tags: {},
} as const satisfies Experiment;
/** Blocks of four runs: a few writes make many of them. */
const SMALL = { leastRows: 1, mostRows: 7, rewritten: 2, blockRuns: 4, patienceMs: Infinity };

type Known = { deleted: boolean; start: number; logged: number; tag?: string; param?: string; metrics: Record<string, number> };
type Step =
  | { do: 'create' }
  | { do: 'end' | 'delete' | 'restore' | 'remove'; which: number }
  | { do: 'tag'; which: number; value: string }
  | { do: 'param'; which: number; value: string }
  | { do: 'metric'; which: number; key: string; value: number }
  /** `look` reads rows and manifest, `move` moves what was seen then */
  | { do: 'compact' }
  | { do: 'look' }
  | { do: 'move' }
  | { do: 'search'; least: number; size: number };

const which = fc.nat(19);
const value = fc.constantFrom('a', 'b', 'é "x"', '__proto__');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('create' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('end' as const, 'end' as const, 'delete' as const, 'delete' as const, 'restore' as const, 'remove' as const, 'remove' as const),
      which,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('tag' as const), which, value }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('param' as const), which, value }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('metric' as const), which, key: fc.constantFrom('loss', 'constructor'), value: fc.constantFrom(0, 1, 2, 3, -1, NaN, Infinity) }),
  },
  ...(['compact', 'look', 'move'] as const).map((name) => ({ weight: 2, arbitrary: fc.record({ do: fc.constant(name) }) })),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('search' as const), least: fc.integer({ min: -1, max: 3 }), size: fc.integer({ min: 1, max: 6 }) }) },
);

describe('search over runs', { skip: existsSync(PYTHON) ? false : 'the local cloud is not installed (.venv)' }, () => {
  let project = 0;
  const load = async () => ({
    ...(await import('../../lambdas/adapters/tracking/run-store.ts')),
    ...(await import('../../lambdas/adapters/tracking/run-index.ts')),
    ...(await import('../../lambdas/adapters/tracking/run-removal.ts')),
    ...(await import('../../lambdas/adapters/tracking/run-listing.ts')),
    ...(await import('../../lambdas/adapters/tracking/run-search.ts')),
    ...(await import('../../lambdas/adapters/tracking/run-compaction.ts')),
    ...(await import('../../lambdas/adapters/tracking/run-blocks.ts')),
    ...(await import('../../lambdas/adapters/tracking/metric-store.ts')),
    ...(await import('../../lambdas/domain/tracking/search/runs.ts')),
  });
  let store: Awaited<ReturnType<typeof load>>;

  before(async () => {
    await startTables(TABLE);
    store = await load();
  });
  after(stopAll);

  /** One client: what it has written, and the store asked in parallel by nobody knows whom. */
  const client = (name: string) => {
    const runs = new Map<string, Known>();
    const gone = new Set<string>();
    const removed = (runId: string): void => {
      runs.delete(runId);
      gone.add(runId);
    };
    const at = (index: number) => [...runs][index % Math.max(1, runs.size)];
    const created = async (): Promise<void> => {
      const runId = `${name}${String(runs.size + gone.size).padStart(31, '0')}`;
      const head = { runId, experimentId: '1', name: 'n', userId: '', status: 'RUNNING' as const, startTime: runs.size % 3, lifecycle: 'active' as const, artifactUri: 'a' };
      await store.createRun(TABLE, `p${project}`, head, {});
      runs.set(runId, { deleted: false, start: head.startTime, logged: 0, metrics: {} });
    };
    const write = async (one: Exclude<Step, { do: 'create' | 'compact' | 'look' | 'move' | 'search' }>): Promise<void> => {
      const found = at(one.which);
      if (!found) return;
      const [runId, run] = found;
      const head = (await store.getHead(TABLE, `p${project}`, runId))!;
      if (one.do === 'remove') {
        assert.equal(await store.removeRun(TABLE, `p${project}`, head, async () => undefined), run.deleted, 'only what is deleted is removed');
        if (run.deleted) removed(runId);
        return;
      }
      if (one.do === 'tag') {
        await store.putTags(TABLE, `p${project}`, runId, { colour: one.value });
        run.tag = one.value;
      } else if (one.do === 'param') {
        if (run.param === undefined && (await store.putParams(TABLE, `p${project}`, runId, { depth: one.value }))) run.param = one.value;
      } else if (one.do === 'metric') {
        await store.appendMetrics(TABLE, `p${project}`, runId, [{ key: one.key, value: one.value, timestamp: 1, step: run.logged++ }]);
        run.metrics[one.key] = one.value;
      } else {
        const changes = one.do === 'end' ? { status: 'FINISHED' as const } : { lifecycle: one.do === 'delete' ? ('deleted' as const) : ('active' as const) };
        assert.equal(await store.updateHead(TABLE, `p${project}`, head, changes, run.deleted ? 'deleted' : 'active'), true);
        if (one.do !== 'end') run.deleted = one.do === 'delete';
        return;
      }
      await store.touch(TABLE, `p${project}`, head);
    };
    /** Filter, order and pages by the plain rule, over this client's own runs. */
    const check = async (least: number, size: number): Promise<void> => {
      const question = store.readRunQuestion(`metrics.loss >= ${least}`, ['metrics.loss DESC', 'params.depth ASC']);
      const all = store.readRunQuestion('', []);
      assert.ok(question.ok && all.ok);
      const found = [];
      for (let offset = 0; ; offset += size) {
        const page = await store.searchRuns(TABLE, `p${project}`, [EXPERIMENT], question.value, { view: 'ACTIVE_ONLY', offset, size, fits: () => true });
        found.push(...page.runs);
        if (!page.more) break;
      }
      const last = (value: unknown) => (value === undefined ? 1 : 0);
      const wanted = [...runs]
        .filter(([, run]) => !run.deleted && run.metrics['loss']! >= least)
        .sort(
          ([a, x], [b, y]) =>
            (x.metrics['loss'] === y.metrics['loss'] ? 0 : y.metrics['loss']! > x.metrics['loss']! ? 1 : -1) ||
            last(x.param) - last(y.param) ||
            (x.param === y.param ? 0 : x.param! < y.param! ? -1 : 1) ||
            y.start - x.start ||
            (a < b ? -1 : 1),
        );
      const mine = found.filter(({ runId }) => runs.has(runId));
      const whole = await store.searchRuns(TABLE, `p${project}`, [EXPERIMENT], all.value, { view: 'ALL', offset: 0, size: 1000, fits: () => true });
      assert.deepEqual(
        whole.runs.filter(({ runId }) => gone.has(runId)),
        [],
        'a removed run is found no more',
      );
      for (const runId of runs.keys())
        assert.ok(
          whole.runs.some((run) => run.runId === runId),
          'a deleted run is found among all',
        );
      assert.equal(new Set(found.map(({ runId }) => runId)).size, found.length, 'each run once');
      assert.deepEqual(
        mine.map(({ runId, tags, params, metrics }) => [runId, tags['colour'], params['depth'], metrics['loss']?.value]),
        wanted.map(([runId, run]) => [runId, run.tag, run.param, run.metrics['loss']]),
      );
      for (const run of mine) assert.deepEqual(run, await store.getRun(TABLE, `p${project}`, run.runId), 'a run found is the run itself');
    };
    return { created, write, check, runs };
  };
  const compact = async (): Promise<void> => {
    for await (const { source } of store.listRuns(TABLE, `p${project}`, '1', SMALL)) assert.ok(source.size >= 0);
  };
  type Seen = { manifest: Manifest; rows: Rows };
  let seen: Seen | undefined;
  const play = async (one: Step, by: ReturnType<typeof client>): Promise<void> => {
    if (one.do === 'create') await by.created();
    else if (one.do === 'look') {
      const rows = await store.readRows(TABLE, `p${project}`, '1');
      seen = { rows, manifest: await store.getManifest(TABLE, `p${project}`, '1') };
    } else if (one.do === 'move') {
      if (seen) await store.compact(TABLE, `p${project}`, '1', seen.manifest, seen.rows, SMALL);
    } else if (one.do === 'compact') await compact();
    else if (one.do === 'search') await by.check(one.least, one.size);
    else await by.write(one);
  };

  it('answers as a plain list of runs would, whatever is written and moved between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        project++;
        seen = undefined;
        const one = client('a');
        for (const next of steps) await play(next, one);
        await compact();
        await one.check(-1, 100);
      }),
      { numRuns: 12, endOnFailure: true },
    );
  });

  it('keeps what was written between the reading of rows and their move', async () => {
    project++;
    const one = client('a');
    const history: Step[] = [
      { do: 'create' },
      { do: 'metric', which: 0, key: 'loss', value: 1 },
      { do: 'end', which: 0 },
      { do: 'compact' },
      { do: 'tag', which: 0, value: 'a' },
      { do: 'look' },
      { do: 'tag', which: 0, value: 'b' },
      { do: 'move' },
      { do: 'search', least: 0, size: 1 },
    ];
    for (const next of history) await play(next, one);
  });

  it('leaves nothing of a removed run, also where the removal died half-way, and no row once no block holds it', async () => {
    project++;
    const one = client('a');
    const history: Step[] = [
      { do: 'create' },
      { do: 'metric', which: 0, key: 'loss', value: 1 },
      { do: 'param', which: 0, value: 'a' },
      { do: 'create' },
      { do: 'end', which: 0 },
      { do: 'end', which: 1 },
      { do: 'delete', which: 0 },
      { do: 'compact' },
    ];
    for (const next of history) await play(next, one);
    const [runId] = [...one.runs.keys()];
    const course = Array.from({ length: 3000 }, (_, index) => ({ key: 'long', value: index, timestamp: index, step: index }));
    await store.appendMetrics(TABLE, `p${project}`, runId!, course);
    const head = (await store.getHead(TABLE, `p${project}`, runId!))!;
    await assert.rejects(
      store.removeRun(TABLE, `p${project}`, head, () => Promise.reject(new Error('died'))),
      /died/,
    );
    assert.equal(await store.getHead(TABLE, `p${project}`, runId!), null, 'from the mark on it is not found');
    assert.equal(await store.updateHead(TABLE, `p${project}`, head, { lifecycle: 'active' }, 'deleted'), false, 'nor restored');
    assert.equal(await store.removeRun(TABLE, `p${project}`, head, async () => undefined), true);
    assert.equal(await store.removeRun(TABLE, `p${project}`, head, async () => undefined), true, 'twice is once');
    const left = async () => {
      const { Items } = await new DynamoDBClient({}).send(new ScanCommand({ TableName: TABLE, ConsistentRead: true }));
      return (Items ?? [])
        .filter((item) => `${item['pk']!.S}${item['sk']!.S}`.includes(runId!) && item['pk']!.S!.startsWith(`P#p${project}#`))
        .map((item) => item['pk']!.S!.split('#')[2]);
    };
    assert.deepEqual(await left(), ['INDEX'], 'the row that hides what a block holds');
    await compact();
    assert.deepEqual(await left(), []);
    one.runs.delete(runId!);
    await one.check(-1, 10);
  });

  it('shows each of several clients its own writes while others write and move rows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { minLength: 8, maxLength: 25 }), { minLength: 3, maxLength: 3 }), async (histories) => {
        project++;
        seen = undefined;
        const clients = histories.map((_, index) => client('abc'[index]!));
        await Promise.all([
          ...histories.map(async (steps, index) => {
            for (const next of steps) {
              try {
                await play(next, clients[index]!);
              } catch (error) {
                if (!(error instanceof store.BlockGone)) throw error;
              }
            }
          }),
        ]);
        for (const one of clients) await one.check(-1, 100);
        const { blocks } = await store.getManifest(TABLE, `p${project}`, '1');
        const ids: string[] = [];
        for await (const { block } of store.readBlocks(TABLE, `p${project}`, blocks)) for (let at = 0; at < block.size; at++) ids.push(block.run(at).runId);
        assert.equal(new Set(ids).size, ids.length, 'no run is in two blocks');
      }),
      { numRuns: 6, endOnFailure: true },
    );
  });
});
