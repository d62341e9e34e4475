import { keys } from '../../../config/catalog/stores.ts';
import { missingPart, openArrival, placeOfUpload } from '../../adapters/landing-zone.ts';
import { putObject } from '../../adapters/objects.ts';
import { step } from '../../adapters/step.ts';
import { claimFile, getUpload, hasEnded, moveUpload } from '../../adapters/upload-store.ts';
import type { ObjectVersion } from '../../contracts/object.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { filesOf, groupsOf } from '../../domain/lake/file-set.ts';
import { inspectFile, refusalOf } from '../../domain/lake/inspect-file.ts';
import { ingestIdOf } from '../../domain/lake/manifest.ts';
import { readsTogether } from '../../domain/lake/formats.ts';
import { findSource } from '../../domain/lake/sources.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);

type Description =
  | {
      outcome: 'accepted';
      uploadId: string;
      ingestId: string;
      source: string;
      mapVersion: string;
      use: 'development' | 'external';
      file: ObjectVersion;
      groups: ObjectVersion;
    }
  | { outcome: 'refused' | 'duplicate'; uploadId: string; detail: string }
  | { outcome: 'ended'; uploadId: string };

/** Is what arrived what its upload says, and are its bytes new? Of a set, the list arrives, after its files. */
export const handler = step(Input, async ({ detail }): Promise<Description> => {
  const { bucket, object } = detail;
  const uploadId = object.key.slice(keys.upload('').length);
  const upload = await getUpload(env.LAKE_TABLE, uploadId);
  if (!upload) return { outcome: 'refused', uploadId, detail: 'no upload was asked for under this key' };
  if (hasEnded(upload)) return { outcome: 'ended', uploadId };

  const source = findSource(upload.source);
  if (!source) return { outcome: 'refused', uploadId, detail: `source ${upload.source} is not described any more` };
  const where = { bucket: bucket.name, key: object.key };
  const { content, versionId } = await openArrival({ ...where, versionId: object['version-id'] });
  const facts = await inspectFile(content);
  const refusal = refusalOf(facts, upload) ?? (upload.files ? await missingPart(bucket.name, placeOfUpload(uploadId), upload.files) : null);
  if (refusal) return { outcome: 'refused', uploadId, detail: refusal };

  const owner = await claimFile(env.LAKE_TABLE, facts.sha256, uploadId);
  if (owner !== uploadId) return { outcome: 'duplicate', uploadId, detail: `the same bytes came with ${owner}` };
  const ingestId = ingestIdOf(uploadId, facts.sha256, source.version);
  await moveUpload(env.LAKE_TABLE, uploadId, { status: 'ingesting', ingestId });
  return {
    outcome: 'accepted',
    uploadId,
    ingestId,
    source: source.name,
    mapVersion: source.version,
    use: upload.use,
    file: { ...where, versionId, ...facts },
    groups: await putObject(
      { bucket: env.LAKE_BUCKET, key: keys.fileGroups(ingestId) },
      canonicalJson(groupsOf(filesOf(upload).length, readsTogether(source))),
      'application/json',
    ),
  };
});
