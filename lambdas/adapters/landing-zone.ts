import type { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { keys } from '../../config/catalog/stores.ts';
import type { Upload, UploadTicket } from '../contracts/upload.ts';
import { listOf } from '../domain/lake/file-set.ts';
import { s3 } from './clients.ts';

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

/** The PUT of a file; of a set, one for each file and the last one for the list, which starts the ingest. */
export const uploadTicket = async (bucket: string, upload: Upload, now: Date): Promise<UploadTicket> => {
  const { uploadId, files } = upload;
  const last = await presignedPut(bucket, keys.upload(uploadId), upload, now);
  const ticket = { uploadId, ...last, expiresAt: new Date(now.getTime() + EXPIRES_SECONDS * 1000).toISOString() };
  if (!files) return ticket;
  return { ...ticket, files: await Promise.all(files.map((file, index) => presignedPut(bucket, keys.part(uploadId, index), file, now))), body: listOf(files) };
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
