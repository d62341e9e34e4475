import { basename, join } from 'node:path';
import pMap from 'p-map';
import { keys } from '../../../config/catalog/stores.ts';
import { type Curated, curate } from '../../adapters/curation.ts';
import { firstContacts } from '../../adapters/first-contact-store.ts';
import { downloadTo, getVerifiedJson, putObject } from '../../adapters/objects.ts';
import { pseudonymSecret } from '../../adapters/pseudonym-secret.ts';
import { downloadRecords } from '../../adapters/record-files.ts';
import { withScratch } from '../../adapters/scratch.ts';
import { step } from '../../adapters/step.ts';
import type { DatasetObject } from '../../contracts/dataset.ts';
import { Staging } from '../../contracts/upload.ts';
import { OLDEST_YEARS, dateShiftDays, safeHarborShiftDays } from '../../domain/lake/deidentified-date.ts';
import { isDated } from '../../domain/lake/formats.ts';
import { termsOf } from '../../domain/lake/source-terms.ts';
import { findSource } from '../../domain/lake/sources.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);

/** A staged file is of one table: most are small, and each takes a while to begin. */
const DOWNLOADS = 8;

/** One partition's staged rows, de-identified → one Parquet file per OMOP table, and one of the records. */
export const handler = step(
  Input,
  ({ ingestId, source, mapVersion, use, partition, staging }): Promise<{ objects: DatasetObject[]; counts: Curated }> =>
    withScratch(async (folder) => {
      const { partitions } = Staging.parse(await getVerifiedJson(staging));
      const staged = partitions.find((each) => each.partition === partition)?.staged ?? [];
      const paths = await pMap(
        staged,
        async (object, index) => {
          const path = join(folder, `${index}-${basename(object.key)}`);
          const { sha256 } = await downloadTo(object, path);
          if (sha256 !== object.sha256) throw new Error(`a staged file of partition ${partition} of ${ingestId} has SHA-256 ${sha256}, expected ${object.sha256}`);
          return path;
        },
        { concurrency: DOWNLOADS },
      );
      const objects: DatasetObject[] = [];
      if (paths.length === 0) return { objects, counts: { records: 0, superseded: 0, deleted: 0, patients: 0 } };
      const map = findSource(source)!;
      const earlier = await downloadRecords({ bucket: env.LAKE_BUCKET, table: env.LAKE_TABLE }, partition, folder);
      const counts = await curate(
        {
          staged: paths,
          earlier: earlier.filter((file) => file.ingestId !== ingestId).map(({ path }) => path),
          folder,
          shifts: isDated(map) ? shiftsOf(map.namespace) : null,
          oldestYears: env.DEIDENTIFICATION === 'safe-harbor' ? OLDEST_YEARS : null,
          terms: termsOf(map, await pseudonymSecret(env.PSEUDONYM_KEY_ID, map.namespace)),
        },
        async ({ table, rows, content }) => {
          const written = await putObject({ bucket: env.LAKE_BUCKET, key: keys.omop(table, ingestId, partition) }, content, 'application/vnd.apache.parquet');
          objects.push({ ...written, table, partition, use, ingestId, source, mapVersion, rows });
        },
      );
      return { objects, counts };
    }),
);

/** The profile's shift for each person. */
const shiftsOf =
  (namespace: string): NonNullable<Parameters<typeof curate>[0]['shifts']> =>
  async (firstDays) => {
    if (env.DEIDENTIFICATION === 'date-shift') {
      const secret = await pseudonymSecret(env.PSEUDONYM_KEY_ID, namespace);
      return new Map(firstDays.map(({ personId }) => [personId, dateShiftDays(secret, String(personId))]));
    }
    const contacts = await firstContacts(env.SUBJECTS_TABLE, firstDays);
    return new Map([...contacts].map(([personId, date]) => [personId, safeHarborShiftDays(date)]));
  };
