import { join } from 'node:path';
import { keys } from '../../../config/catalog/stores.ts';
import { downloadTo, putObject } from '../../adapters/objects.ts';
import { writeOmopParquet } from '../../adapters/omop-parquet.ts';
import { withScratch } from '../../adapters/scratch.ts';
import { step } from '../../adapters/step.ts';
import type { DatasetObject } from '../../contracts/dataset.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);

/** One partition's staged rows → one Parquet file per OMOP table. */
export const handler = step(
  Input,
  ({ ingestId, source, mapVersion, use, partition, object }): Promise<{ objects: DatasetObject[] }> =>
    withScratch(async (folder) => {
      const path = join(folder, 'staged.ndjson.gz');
      const { sha256 } = await downloadTo(object, path);
      if (sha256 !== object.sha256) throw new Error(`staged partition ${partition} of ${ingestId} has SHA-256 ${sha256}, expected ${object.sha256}`);
      const objects: DatasetObject[] = [];
      await writeOmopParquet(path, folder, async ({ table, rows, content }) => {
        const written = await putObject({ bucket: env.LAKE_BUCKET, key: keys.omop(table, ingestId, partition) }, content, 'application/vnd.apache.parquet');
        objects.push({ ...written, table, partition, use, ingestId, source, mapVersion, rows });
      });
      return { objects };
    }),
);
