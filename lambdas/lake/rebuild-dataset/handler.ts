import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { getCompaction } from '../../adapters/compaction-store.ts';
import { rebuildDataset } from '../../adapters/dataset-objects.ts';
import { endRebuild, getRebuild } from '../../adapters/dataset-rebuild-store.ts';
import { getDataset } from '../../adapters/dataset-store.ts';
import { requireIngest } from '../../adapters/ingest-store.ts';
import { step } from '../../adapters/step.ts';
import type { Compaction } from '../../contracts/compaction.ts';
import type { DatasetObject } from '../../contracts/dataset.ts';
import { problemOf } from '../../contracts/outcome.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'rebuild:RebuildDataset';

/** Reads every object of the version again, by its S3 version, and says what differs; or says that a fault stopped it. */
export const handler = step(Input, async ({ rebuildId, fault }) => {
  const rebuild = await getRebuild(env.LAKE_TABLE, rebuildId);
  if (!rebuild) throw new Error(`no dataset rebuild ${rebuildId}`);
  const { datasetId } = rebuild;
  const audit = (result: 'success' | 'fault', data: Record<string, unknown>) =>
    appendAudit(env.AUDIT_TABLE, { who: servicePrincipal(STATE), what: STATE, result, data: { rebuildId, datasetId, ...data } }, `${STATE}:${rebuildId}:${result}`);
  if (fault !== undefined) {
    await audit('fault', { detail: fault });
    await endRebuild(env.LAKE_TABLE, rebuildId, { status: 'faulted', problem: problemOf(500, 'Fault', fault), endedAt: new Date().toISOString() });
    return { outcome: 'faulted' };
  }
  const dataset = await getDataset(env.LAKE_TABLE, datasetId);
  if (!dataset) throw new Error(`${rebuildId} is of ${datasetId}, which does not exist`);
  const result = await rebuildDataset(env.LAKE_BUCKET, dataset, async ({ objects }) => ({
    ingests: await Promise.all(dataset.ingests.map(({ ingestId }) => requireIngest(env.LAKE_TABLE, ingestId))),
    compactions: await compactionsOf(objects),
  }));
  const { identical, objects, contentSha256 } = result;
  await audit('success', { identical, objects, contentSha256 });
  await endRebuild(env.LAKE_TABLE, rebuildId, { status: 'rebuilt', result, endedAt: new Date().toISOString() });
  return { outcome: 'rebuilt' };
});

/** Those whose objects a manifest pins. */
const compactionsOf = async (objects: readonly DatasetObject[]): Promise<Compaction[]> => {
  const places = new Map(objects.flatMap(({ compactionId, partition }) => (compactionId ? [[compactionId, partition] as const] : [])));
  return Promise.all(
    [...places].map(async ([compactionId, partition]) => {
      const compaction = await getCompaction(env.LAKE_TABLE, partition, compactionId);
      if (!compaction) throw new Error(`${compactionId} is named by a dataset and does not exist`);
      return compaction;
    }),
  );
};
