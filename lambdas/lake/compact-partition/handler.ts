import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keys } from '../../../config/catalog/stores.ts';
import { type MemberFile, filesOfPlan, mergeFiles } from '../../adapters/compaction.ts';
import { getVerified, getVerifiedJson, putOnce } from '../../adapters/objects.ts';
import { withScratch } from '../../adapters/scratch.ts';
import { step } from '../../adapters/step.ts';
import { CompactionPlan } from '../../contracts/compaction.ts';
import type { DatasetObject } from '../../contracts/dataset.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);

/** The files of a plan, byte for byte those that it names → one Parquet file per table. */
export const handler = step(
  Input,
  ({ plan }): Promise<{ objects: DatasetObject[] }> =>
    withScratch(async (folder) => {
      const planned = CompactionPlan.parse(await getVerifiedJson(plan));
      const { compactionId, partition, use, source, mapVersion } = planned;
      const files: MemberFile[] = [];
      for (const object of filesOfPlan(planned)) {
        const path = join(folder, `${files.length}.parquet`);
        await writeFile(path, await getVerified(object));
        files.push({ path, object });
      }
      const objects: DatasetObject[] = [];
      await mergeFiles(files, folder, async ({ table, rows, content }) => {
        const written = await putOnce({ bucket: env.LAKE_BUCKET, key: keys.compacted(table, compactionId, partition) }, content, 'application/vnd.apache.parquet');
        objects.push({ ...written, table, partition, use, compactionId, source, mapVersion, rows });
      });
      const before = filesOfPlan(planned).reduce((sum, { rows }) => sum + rows, 0);
      const after = objects.reduce((sum, { rows }) => sum + rows, 0);
      if (before !== after) throw new Error(`${compactionId} would make ${after} rows of ${before}`);
      return { objects };
    }),
);
