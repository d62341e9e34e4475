import { basename, join } from 'node:path';
import { LAKE_PARTITIONS, keys } from '../../../config/catalog/stores.ts';
import { downloadTo, putFile, putObject } from '../../adapters/objects.ts';
import { pseudonymSecret } from '../../adapters/pseudonym-secret.ts';
import { withScratch } from '../../adapters/scratch.ts';
import { setFile } from '../../adapters/set-files.ts';
import { stageSet } from '../../adapters/stage-set.ts';
import { step } from '../../adapters/step.ts';
import { getUpload } from '../../adapters/upload-store.ts';
import type { GroupReading } from '../../contracts/upload.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { filesOf } from '../../domain/lake/file-set.ts';
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
    const files = [];
    for (const [offset, { bytes, sha256, extension }] of filesOf(upload).slice(from, to).entries()) {
      const index = from + offset;
      const path = join(folder, `input-${index}`);
      const found = await downloadTo({ bucket: env.LANDING_BUCKET, key: upload.files ? keys.part(uploadId, index) : keys.upload(uploadId) }, path);
      if (found.sha256 !== sha256) throw new Error(`file ${index + 1} of ${uploadId} has SHA-256 ${found.sha256}, the upload declared ${sha256}`);
      files.push(setFile(index, path, bytes, `.${extension ?? ''}`, endsAt - STORING_MS));
    }
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
