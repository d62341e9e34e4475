import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CopyObjectCommand, HeadObjectCommand, NoSuchKey, NotFound, PutObjectCommand } from '@aws-sdk/client-s3';
import { keys } from '../../config/catalog/stores.ts';
import type { FileDigest } from '../contracts/upload.ts';
import { listOf } from '../domain/lake/file-set.ts';
import { s3 } from './clients.ts';
import { putObject } from './objects.ts';

type StoredFile = { sha256: string; bytes: number };

/** Puts a file of a set from a stream of any length, by way of a scratch file: a PUT must say its length. */
export const storePart = async (bucket: string, uploadId: string, index: number, content: AsyncIterable<Uint8Array>, folder: string): Promise<StoredFile> => {
  const path = join(folder, `part-${index}`);
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(async function* () {
    for await (const chunk of content) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }, createWriteStream(path));
  await putFileWith(bucket, keys.part(uploadId, index), path, bytes, {});
  await rm(path);
  return { sha256: hash.digest('hex'), bytes };
};

/** Puts a file together with what is noted beside it: both stand at once or not at all. */
export const putFileWith = async (bucket: string, key: string, path: string, bytes: number, note: Record<string, string>): Promise<void> => {
  await s3().send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: createReadStream(path), ContentLength: bytes, ContentType: 'application/fhir+ndjson', Metadata: note }));
};

/** What is noted beside an object, or null where there is none. */
export const noteBeside = async (bucket: string, key: string): Promise<Record<string, string> | null> => {
  try {
    return (await s3().send(new HeadObjectCommand({ Bucket: bucket, Key: key }))).Metadata ?? {};
  } catch (error) {
    if (error instanceof NotFound || error instanceof NoSuchKey) return null;
    throw error;
  }
};

/** Makes objects of the landing zone the parts of a set, inside S3. */
export const copyParts = async (bucket: string, uploadId: string, from: readonly string[]): Promise<void> => {
  for (let first = 0; first < from.length; first += 16) {
    await Promise.all(
      from
        .slice(first, first + 16)
        .map((key, offset) => s3().send(new CopyObjectCommand({ Bucket: bucket, Key: keys.part(uploadId, first + offset), CopySource: encodeURI(`${bucket}/${key}`) }))),
    );
  }
};

/** Puts the list that completes a set; its arrival starts the ingest. */
export const completeSet = async (bucket: string, uploadId: string, parts: readonly FileDigest[]): Promise<void> => {
  await putObject({ bucket, key: keys.upload(uploadId) }, listOf(parts), 'application/json');
};
