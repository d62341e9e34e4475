import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { makeDataset, rebuildDataset } from '../../cli/dataset-version.ts';
import { COMPACTION } from '../../config/catalog/stores.ts';
import { type Dataset, DatasetManifest } from '../../lambdas/contracts/dataset.ts';
import { admitted, upload } from '../../local/life/data.ts';
import { until } from '../../local/life/wait.ts';
import { auditOf } from './audit.ts';
import { type Disturbance, disturb } from './disturbance.ts';
import type { World } from './world.ts';

const STEPS = ['lake/plan-compactions', 'lake/compact-partition', 'lake/commit-compaction'];
const UPLOADS = COMPACTION.aboveFiles + 2;
const AT_ONCE = 4;

/** A day of one wearer, a file a day. */
const day = (number: number): Buffer =>
  Buffer.from(
    `id,time,gl\n${Array.from({ length: 12 }, (_, reading) => `worn-1,2026-03-${String(number).padStart(2, '0')}T08:${String(reading * 5).padStart(2, '0')}:00Z,${100 + reading}\n`).join('')}`,
  );

/** Many small uploads of one person, then the machine that merges their files while each of its steps fails. */
export const compaction = (world: () => World): void => {
  describe('compaction', () => {
    let disturbance: Disturbance;
    let uploads: string[] = [];
    let apart: Dataset;
    before(async () => {
      disturbance = await disturb(world().cloud.emulator.endpoint, STEPS);
    });
    after(() => disturbance?.calm());

    it('merges the files of small uploads, though each step fails before and after its work', async () => {
      const { as, narrate } = world();
      const scientist = as('data-scientist');
      await narrate.step('small uploads', async (progress) => {
        for (let from = 1; from <= UPLOADS; from += AT_ONCE) {
          const numbers = Array.from({ length: Math.min(AT_ONCE, UPLOADS + 1 - from) }, (_, index) => from + index);
          uploads = [...uploads, ...(await Promise.all(numbers.map(async (number) => admitted(await upload(scientist, day(number), 'cgm', 'development', progress)).uploadId)))];
        }
        apart = await makeDataset(scientist, { name: 'worn', uploads }, progress);
      });
      assert.equal(await compact(world()), 'SUCCEEDED');
      for (const step of STEPS) {
        const { before: failedBefore, after: failedAfter } = disturbance.suffered(step);
        assert.ok(failedBefore >= 1 && failedAfter >= 1, `${step} failed for ${failedBefore} events before and ${failedAfter} after its work`);
      }
    });

    it('a new version pins merged files, the former one its own; both rebuild byte for byte', async () => {
      const scientist = world().as('data-scientist');
      const merged = await makeDataset(scientist, { name: 'worn', uploads }, () => undefined);
      assert.notEqual(merged.datasetId, apart.datasetId);
      assert.equal(merged.patients, 1);
      assert.equal(apart.patients, 1);
      const [before, now] = [await manifestOf(world(), apart), await manifestOf(world(), merged)];
      assert.ok(before.objects.every(({ ingestId }) => ingestId !== undefined));
      assert.ok(now.objects.every(({ compactionId, key }) => compactionId !== undefined && key.startsWith('omop/compacted/')));
      assert.equal(before.objects.length, now.objects.length * UPLOADS);
      const rows = ({ objects }: DatasetManifest) => objects.reduce((sum, object) => sum + object.rows, 0);
      assert.equal(rows(now), rows(before));
      for (const { datasetId } of [apart, merged]) assert.deepEqual((await rebuildDataset(scientist, datasetId, () => undefined)).differences, []);
    });

    it('is on the audit chain once, and in the lineage of what pins it', async () => {
      const { as } = world();
      const [compactionId] = (await manifestOf(world(), await latest(world(), uploads))).objects.map((object) => object.compactionId!);
      const events = (await auditOf(world())).filter(({ what, data }) => what === 'compact:CommitCompaction' && data['compactionId'] === compactionId);
      assert.equal(events.length, 1);
      const { upstream, downstream } = await as('auditor')('getLineage', { params: { id: compactionId! } });
      assert.equal(upstream.filter(({ relation }) => relation === 'compacted').length, UPLOADS);
      assert.equal(downstream.filter(({ relation, from }) => relation === 'pinned' && from === compactionId).length, 1);
    });

    it('run again, it finds nothing to do', async () => {
      const events = async () => (await auditOf(world())).filter(({ what }) => what === 'compact:CommitCompaction').length;
      const before = await events();
      assert.equal(await compact(world()), 'SUCCEEDED');
      assert.equal(await events(), before);
    });
  });
};

const latest = (world: World, uploads: string[]): Promise<Dataset> => makeDataset(world.as('data-scientist'), { name: 'worn', uploads }, () => undefined);

/** One execution, to its end. */
const compact = async ({ states, output }: World): Promise<string> => {
  const { executionArn } = await states.send(new StartExecutionCommand({ stateMachineArn: output('CompactMachineArn'), input: '{}' }));
  const { status } = await until(
    'the compaction',
    () => states.send(new DescribeExecutionCommand({ executionArn })),
    (execution) => execution.status !== 'RUNNING',
    { seconds: 120 },
  );
  return status!;
};

const manifestOf = async ({ s3 }: World, { manifest: { bucket, key, versionId } }: Dataset): Promise<DatasetManifest> => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
  return DatasetManifest.parse(JSON.parse(await Body!.transformToString()));
};
