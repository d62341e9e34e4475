import { createHash } from 'node:crypto';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import type { ArtifactManifest, ObjectVersion } from '../contracts/object.ts';
import { digestOf } from '../domain/canonical-json.ts';
import { s3 } from './clients.ts';
import { listKeys } from './objects.ts';

/** The files of a job that are not its result. */
const TRANSIENT = new Set(['progress.json', 'manifest.json']);

/** Hashes what a job left below a prefix and pins the exact versions. */
export const collectArtifacts = async (bucket: string, prefix: string): Promise<ArtifactManifest> => {
  const found = (await listKeys(bucket, prefix)).sort();
  const files: ArtifactManifest['files'] = [];
  for (const key of found) {
    const path = key.slice(prefix.length);
    if (!TRANSIENT.has(path)) files.push({ path, ...(await pin(bucket, key)) });
  }
  if (files.length === 0) throw new Error(`no artifacts below s3://${bucket}/${prefix}`);
  return { prefix: `s3://${bucket}/${prefix}`, files, digest: digestOf(files.map(({ path, sha256 }) => [path, sha256])) };
};

const pin = async (bucket: string, key: string): Promise<ObjectVersion> => {
  const { Body, VersionId } = await s3().send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of Body as Readable) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { bucket, key, versionId: VersionId!, sha256: hash.digest('hex'), bytes };
};
