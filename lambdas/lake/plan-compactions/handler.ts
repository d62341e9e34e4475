import pMap from 'p-map';
import { LAKE_PARTITIONS, keys } from '../../../config/catalog/stores.ts';
import { listCompactions } from '../../adapters/compaction-store.ts';
import { getIngest } from '../../adapters/ingest-store.ts';
import { putObject } from '../../adapters/objects.ts';
import { ingestsIn } from '../../adapters/record-files.ts';
import { step } from '../../adapters/step.ts';
import type { Ingest } from '../../contracts/dataset.ts';
import type { ObjectVersion } from '../../contracts/object.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { notCompacted, planCompactions } from '../../domain/lake/compaction.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const AT_ONCE = 16;

/**
 * Which small files are to be merged? Files of an ingest that is not committed yet wait for the next time. A compaction that was committed
 * by an execution that ended there is run again, which changes none of its files.
 */
export const handler = step(Input, async (): Promise<{ outcome: 'planned' | 'nothing-to-do'; plans: ObjectVersion[] }> => {
  const plans: ObjectVersion[] = [];
  for (let partition = 0; partition < LAKE_PARTITIONS; partition++) {
    const compactions = await listCompactions(env.LAKE_TABLE, partition);
    plans.push(...compactions.flatMap(({ recorded, plan }) => (recorded ? [] : [plan])));
    const ingests = await committedIngests(notCompacted(await ingestsIn(env.LAKE_BUCKET, partition), compactions));
    for (const plan of planCompactions(partition, ingests, compactions))
      plans.push(await putObject({ bucket: env.LAKE_BUCKET, key: keys.compactionPlan(plan.compactionId) }, canonicalJson(plan), 'application/json'));
  }
  return { outcome: plans.length > 0 ? 'planned' : 'nothing-to-do', plans };
});

const committedIngests = async (ingestIds: readonly string[]): Promise<Ingest[]> =>
  (await pMap(ingestIds, (id) => getIngest(env.LAKE_TABLE, id), { concurrency: AT_ONCE })).filter((ingest) => ingest !== null);
