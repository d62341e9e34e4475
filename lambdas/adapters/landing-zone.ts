import type { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { keys } from '../../config/catalog/stores.ts';
import type { UploadTicket } from '../contracts/upload.ts';
import { s3 } from './clients.ts';

const EXPIRES_SECONDS = 900;

/**
 * A presigned PUT for exactly these bytes: size and checksum are signed headers, so that S3 itself refuses other bytes. They are kept out
 * of the query string, where S3 would not check them. Encryption is the bucket's own: a header that asked for `aws:kms` without naming the
 * customer key would choose another key.
 */
export const uploadTicket = async (bucket: string, uploadId: string, file: { bytes: number; sha256: string }, now: Date): Promise<UploadTicket> => {
  const checksum = Buffer.from(file.sha256, 'hex').toString('base64');
  const headers = { 'content-length': String(file.bytes), 'x-amz-checksum-sha256': checksum };
  const names = new Set(Object.keys(headers));
  const command = new PutObjectCommand({ Bucket: bucket, Key: keys.upload(uploadId), ContentLength: file.bytes, ChecksumSHA256: checksum });
  const url = await getSignedUrl(s3(), command, { expiresIn: EXPIRES_SECONDS, unhoistableHeaders: names, signableHeaders: names, signingDate: now });
  return { uploadId, url, headers, expiresAt: new Date(now.getTime() + EXPIRES_SECONDS * 1000).toISOString() };
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
