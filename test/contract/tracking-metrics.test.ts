import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { PYTHON, stopAll } from '../../local/cloud/processes.ts';
import { startTables } from './tables.ts';

const TABLE = 'tracking';
const HEAD = { experimentId: '1', name: 'n', userId: '', status: 'RUNNING', startTime: 0, lifecycle: 'active', artifactUri: 'a' } as const;

describe('metrics of a run', { skip: existsSync(PYTHON) ? false : 'the local cloud is not installed (.venv)' }, () => {
  const load = async () => ({ ...(await import('../../lambdas/adapters/tracking/run-store.ts')), ...(await import('../../lambdas/adapters/tracking/metric-store.ts')) });
  let store: Awaited<ReturnType<typeof load>>;

  before(async () => {
    await startTables(TABLE);
    store = await load();
  });
  after(stopAll);

  for (const keys of [3, 20]) {
    it(`of ${keys} keys lose no point and hold none twice when several writers add to them at once`, async () => {
      const runId = String(keys).padStart(32, '0');
      await store.createRun(TABLE, 'p', { ...HEAD, runId }, {});
      const [writers, rounds, together] = [4, 6, 80];
      const pointsOf = (writer: number, round: number) =>
        Array.from({ length: together }, (_, index) => ({ timestamp: round * 1000 + index, step: (writer * rounds + round) * together + index, value: index / 7 }));
      await Promise.all(
        Array.from({ length: writers }, async (_, writer) => {
          for (let round = 0; round < rounds; round++) {
            const metrics = pointsOf(writer, round).flatMap((point) => Array.from({ length: keys }, (_, key) => ({ key: `key ${key}`, ...point })));
            const standing = await store.getStanding(TABLE, 'p', runId, { params: [], metrics: metrics.map(({ key }) => key) });
            await store.appendMetrics(TABLE, 'p', runId, metrics, standing.metrics);
          }
        }),
      );
      const wanted = Array.from({ length: writers * rounds * together }, (_, step) => step);
      for (const key of ['key 0', `key ${keys - 1}`]) {
        const { points, more } = await store.readCourse(TABLE, 'p', runId, key, { limit: wanted.length + 1 });
        assert.equal(more, false);
        assert.deepEqual(
          points.map(({ step }) => step).sort((a, b) => a - b),
          wanted,
        );
      }
      assert.equal((await store.getRun(TABLE, 'p', runId))!.metrics['key 0']!.step, wanted.length - 1);
    });
  }
});
