import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, NoSuchKey, NotFound, PutObjectCommand } from '@aws-sdk/client-s3';
import type { ObjectVersion } from '../contracts/object.ts';
import { sha256 } from '../domain/canonical-json.ts';
import { s3 } from './clients.ts';

type Where = { bucket: string; key: string; versionId?: string };
const input = ({ bucket, key, versionId }: Where) => ({ Bucket: bucket, Key: key, ...(versionId ? { VersionId: versionId } : {}) });

export const getBytes = async (where: Where): Promise<Buffer> => {
  const { Body } = await s3().send(new GetObjectCommand(input(where)));
  return Buffer.from(await Body!.transformToByteArray());
};

export const getJson = async <T>(where: Where): Promise<T> => JSON.parse((await getBytes(where)).toString('utf8')) as T;

export const getStream = async (where: Where): Promise<Readable> => (await s3().send(new GetObjectCommand(input(where)))).Body as Readable;

/** Streams an object into a file; answers its SHA-256 and size. */
export const downloadTo = async (where: Where, path: string): Promise<{ sha256: string; bytes: number }> => {
  const hash = createHash('sha256');
  let bytes = 0;
  const source = await getStream(where);
  source.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    bytes += chunk.length;
  });
  await pipeline(source, createWriteStream(path));
  return { sha256: hash.digest('hex'), bytes };
};

/** Puts the bytes and answers exactly which object they became. */
export const putObject = async (where: Where, body: string | Uint8Array, contentType: string): Promise<ObjectVersion> => {
  const content = typeof body === 'string' ? Buffer.from(body) : body;
  const { VersionId } = await s3().send(new PutObjectCommand({ ...input(where), Body: content, ContentType: contentType }));
  return versionOf(where, VersionId, content);
};

const versionOf = ({ bucket, key }: Where, versionId: string | undefined, content: Uint8Array): ObjectVersion => {
  if (!versionId) throw new Error(`bucket ${bucket} is not versioned`);
  return { bucket, key, versionId, sha256: sha256(content), bytes: content.length };
};

/** Puts the bytes where nothing lies yet, and answers which object stands there. Other bytes under the key are a fault. */
export const putOnce = async (where: Where, content: Uint8Array, contentType: string): Promise<ObjectVersion> => {
  try {
    const { VersionId } = await s3().send(new PutObjectCommand({ ...input(where), Body: content, ContentType: contentType, IfNoneMatch: '*' }));
    return versionOf(where, VersionId, content);
  } catch (error) {
    if ((error as Error).name !== 'PreconditionFailed') throw error;
    const { VersionId } = await s3().send(new HeadObjectCommand(input(where)));
    const standing = versionOf(where, VersionId, content);
    await getVerified(standing);
    return standing;
  }
};

/** Streams a file into an object; answers exactly which object it became. */
export const putFile = async (where: Where, path: string, contentType: string): Promise<ObjectVersion> => {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  const { VersionId } = await s3().send(new PutObjectCommand({ ...input(where), Body: createReadStream(path), ContentLength: bytes, ContentType: contentType }));
  if (!VersionId) throw new Error(`bucket ${where.bucket} is not versioned`);
  return { bucket: where.bucket, key: where.key, versionId: VersionId, sha256: hash.digest('hex'), bytes };
};

/** Reads an object and proves that it is the one meant; a mismatch is a fault. */
export const getVerified = async (object: ObjectVersion): Promise<Buffer> => {
  const content = await getBytes(object);
  const found = sha256(content);
  if (found !== object.sha256) throw new Error(`s3://${object.bucket}/${object.key} version ${object.versionId} has SHA-256 ${found}, expected ${object.sha256}`);
  return content;
};

/** The same of a JSON document. */
export const getVerifiedJson = async (object: ObjectVersion): Promise<unknown> => JSON.parse((await getVerified(object)).toString('utf8'));

export const exists = async (where: Where): Promise<boolean> => {
  try {
    (await getStream(where)).destroy();
    return true;
  } catch (error) {
    if (error instanceof NoSuchKey) return false;
    throw error;
  }
};

/** An object's bytes, or null where there is none. */
export const sizeOf = async (where: Where): Promise<number | null> => {
  try {
    return (await s3().send(new HeadObjectCommand(input(where)))).ContentLength ?? 0;
  } catch (error) {
    if (error instanceof NotFound || error instanceof NoSuchKey) return null;
    throw error;
  }
};

export const listKeys = async (bucket: string, prefix: string): Promise<string[]> => {
  const found: string[] = [];
  let token: string | undefined;
  do {
    const page = await s3().send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...(token ? { ContinuationToken: token } : {}) }));
    found.push(...(page.Contents ?? []).map(({ Key }) => Key!));
    token = page.NextContinuationToken;
  } while (token);
  return found;
};
