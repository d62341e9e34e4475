import { join } from 'node:path';
import { LAKE_PARTITIONS, keys } from '../../../config/catalog/stores.ts';
import { getStream } from '../../adapters/objects.ts';
import { pseudonymSecret } from '../../adapters/pseudonym-secret.ts';
import { GrowingFile, withScratch } from '../../adapters/scratch.ts';
import { step } from '../../adapters/step.ts';
import type { ObjectVersion } from '../../contracts/object.ts';
import type { IngestReport } from '../../contracts/upload.ts';
import { textLines } from '../../domain/lake/csv-records.ts';
import { normalise } from '../../domain/lake/normalise.ts';
import { findSource } from '../../domain/lake/sources.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const NDJSON = 'application/x-ndjson';

type Normalised =
  | { outcome: 'normalised'; report: IngestReport; quarantine: ObjectVersion | null; staged: { partition: number; object: ObjectVersion }[] }
  | { outcome: 'refused'; report: IngestReport; detail: string };

/** Streams the file once: good rows, de-identified, into one staged file per partition, bad rows into the quarantine. */
export const handler = step(Input, async ({ ingestId, source, mapVersion, file }): Promise<Normalised> => {
  const map = findSource(source);
  if (map?.version !== mapVersion) throw new Error(`source ${source} changed its map from version ${mapVersion} while the file was ingested`);
  const secret = await pseudonymSecret(env.PSEUDONYM_KEY_ID, map.namespace);

  return withScratch(async (folder) => {
    const partitions = Array.from({ length: LAKE_PARTITIONS }, (_, partition) => new GrowingFile(join(folder, `${partition}.ndjson.gz`), 'gzip'));
    const quarantine = new GrowingFile(join(folder, 'quarantine.ndjson'));
    const report = await normalise(map, secret, LAKE_PARTITIONS, textLines(await getStream(file)), {
      admit: (partition, row) => partitions[partition]!.write(`${JSON.stringify(row)}\n`),
      quarantine: (row) => quarantine.write(`${JSON.stringify(row)}\n`),
    });
    const kept = await quarantine.store(env.QUARANTINE_BUCKET, keys.quarantine(ingestId), NDJSON);
    if (report.admitted === 0) return { outcome: 'refused', report, detail: `none of the file's ${report.read} rows could be admitted` };
    const staged: { partition: number; object: ObjectVersion }[] = [];
    for (const [partition, rows] of partitions.entries()) staged.push({ partition, object: await rows.store(env.LAKE_BUCKET, keys.staged(ingestId, partition), NDJSON) });
    return { outcome: 'normalised', report, quarantine: kept, staged };
  });
});
