import { basename } from 'node:path';
import { LAKE_PARTITIONS, keys } from '../../../config/catalog/stores.ts';
import { downloadSet, placeOfUpload } from '../../adapters/landing-zone.ts';
import { putFile, putObject } from '../../adapters/objects.ts';
import { pseudonymSecret } from '../../adapters/pseudonym-secret.ts';
import { withScratch } from '../../adapters/scratch.ts';
import { stageSet } from '../../adapters/stage-set.ts';
import { step } from '../../adapters/step.ts';
import { getUpload } from '../../adapters/upload-store.ts';
import type { GroupReading } from '../../contracts/upload.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { findSource } from '../../domain/lake/sources.ts';
import { type BranchReading, withoutSamples } from '../../domain/lake/staged-set.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);

/** So long before the step ends, reading ends: what was read has still to be stored. */
const STORING_MS = 180_000;

/** Reads a group of the set's files once: good records into staged rows by partition, bad ones into the quarantine. */
export const handler = step(Input, async ({ uploadId, ingestId, source, mapVersion, group, from, to }, endsAt): Promise<GroupReading> => {
  const map = findSource(source);
  if (map?.version !== mapVersion) throw new Error(`source ${source} changed its map from version ${mapVersion} while it was ingested`);
  const upload = (await getUpload(env.LAKE_TABLE, uploadId))!;
  const secret = await pseudonymSecret(env.PSEUDONYM_KEY_ID, map.namespace);
  return withScratch(async (folder) => {
    const files = await downloadSet(env.LANDING_BUCKET, placeOfUpload(uploadId), upload, { from, to }, folder, endsAt - STORING_MS);
    const { files: readings, partitions, quarantine, sites } = await stageSet(map, files, secret, folder, LAKE_PARTITIONS);
    const staged = [];
    for (const { partition, path } of partitions) {
      const name = basename(path).replace(/^staged-/, '');
      staged.push({ partition, object: await putFile({ bucket: env.LANDING_BUCKET, key: keys.staged(ingestId, group, name) }, path, 'application/octet-stream') });
    }
    const read: BranchReading = {
      readings: readings.map(withoutSamples),
      sites,
      staged,
      quarantine: await putFile({ bucket: env.QUARANTINE_BUCKET, key: keys.quarantine(ingestId, group) }, quarantine, 'application/x-ndjson'),
    };
    return { group, reading: await putObject({ bucket: env.LAKE_BUCKET, key: keys.reading(ingestId, group) }, canonicalJson(read), 'application/json') };
  });
});
