import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { keys } from '../../config/catalog/stores.ts';
import type { FileDigest, PutTicket } from '../contracts/upload.ts';
import { filesOf, listOf } from '../domain/lake/file-set.ts';
import type { SetFile } from '../domain/lake/reading.ts';
import { s3 } from './clients.ts';
import { downloadTo, sizeOf } from './objects.ts';
import { setFile } from './set-files.ts';

const EXPIRES_SECONDS = 900;

/**
 * A presigned PUT for exactly these bytes: size and checksum are signed headers, so that S3 itself refuses other bytes. They are kept out
 * of the query string, where S3 would not check them. Encryption is the bucket's own: a header that asked for `aws:kms` without naming the
 * customer key would choose another key.
 */
const presignedPut = async (bucket: string, key: string, file: { bytes: number; sha256: string }, now: Date): Promise<{ url: string; headers: Record<string, string> }> => {
  const checksum = Buffer.from(file.sha256, 'hex').toString('base64');
  const headers = { 'content-length': String(file.bytes), 'x-amz-checksum-sha256': checksum };
  const names = new Set(Object.keys(headers));
  const command = new PutObjectCommand({ Bucket: bucket, Key: key, ContentLength: file.bytes, ChecksumSHA256: checksum });
  const url = await getSignedUrl(s3(), command, { expiresIn: EXPIRES_SECONDS, unhoistableHeaders: names, signableHeaders: names, signingDate: now });
  return { url, headers };
};

/** Where a file arrives, or a set's files and the list that completes it. */
export type Place = { arrival: string; part: (index: number) => string };
export const placeOfUpload = (uploadId: string): Place => ({ arrival: keys.upload(uploadId), part: (index) => keys.part(uploadId, index) });
export const placeOfSample = (sampleId: string): Place => ({ arrival: keys.sample(sampleId), part: (index) => keys.samplePart(sampleId, index) });

type Arriving = FileDigest & { files?: readonly FileDigest[] | undefined };

/** The PUT of a file; of a set, one for each file and the last one for the list, whose arrival starts the reading. */
export const putTicket = async (bucket: string, { arrival, part }: Place, arriving: Arriving, now: Date): Promise<PutTicket> => {
  const { files } = arriving;
  const last = await presignedPut(bucket, arrival, arriving, now);
  const ticket = { ...last, expiresAt: new Date(now.getTime() + EXPIRES_SECONDS * 1000).toISOString() };
  if (!files) return ticket;
  return { ...ticket, files: await Promise.all(files.map((file, index) => presignedPut(bucket, part(index), file, now))), body: listOf(files) };
};

/** Why a set is not whole, or null. S3 checked each part's bytes as they came; what is left to see is that all did. */
export const missingPart = async (bucket: string, { part }: Place, files: readonly FileDigest[]): Promise<string | null> => {
  for (const [index, { bytes }] of files.entries()) {
    const found = await sizeOf({ bucket, key: part(index) });
    if (found !== bytes) return `file ${index + 1} of ${files.length} ${found === null ? 'did not arrive before the list' : `has ${found} bytes, the upload declared ${bytes}`}`;
  }
  return null;
};

/** Files of a set, by their places in it, on local disk; what is not read `until` then (ms of the epoch) is not read. */
export const downloadSet = async (
  bucket: string,
  { arrival, part }: Place,
  set: Arriving,
  group: { from: number; to: number },
  folder: string,
  until: number,
): Promise<SetFile[]> => {
  const files: SetFile[] = [];
  for (const [offset, { bytes, sha256, extension }] of filesOf(set).slice(group.from, group.to).entries()) {
    const index = group.from + offset;
    const path = join(folder, `input-${index}`);
    const found = await downloadTo({ bucket, key: set.files ? part(index) : arrival }, path);
    if (found.sha256 !== sha256) throw new Error(`file ${index + 1} of ${arrival} has SHA-256 ${found.sha256}, the upload declared ${sha256}`);
    files.push(setFile(index, path, bytes, `.${extension ?? ''}`, until));
  }
  return files;
};

/** Opens an arrived file; answers also the exact version that is read, which an event need not name. */
export const openArrival = async ({
  bucket,
  key,
  versionId,
}: {
  bucket: string;
  key: string;
  versionId?: string | undefined;
}): Promise<{ content: Readable; versionId: string }> => {
  const { Body, VersionId } = await s3().send(new GetObjectCommand({ Bucket: bucket, Key: key, ...(versionId ? { VersionId: versionId } : {}) }));
  if (!VersionId) throw new Error(`bucket ${bucket} is not versioned`);
  return { content: Body as Readable, versionId: VersionId };
};
