import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { s3 } from './clients.ts';

export type Listed = { path: string; is_dir: boolean; file_size?: number };

/** What lies directly below a folder, by its names there. */
export const listFolder = async (bucket: string, folder: string): Promise<Listed[]> => {
  const prefix = folder === '' ? '' : `${folder}/`;
  const found: Listed[] = [];
  let token: string | undefined;
  do {
    const page = await s3().send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, Delimiter: '/', ...(token ? { ContinuationToken: token } : {}) }));
    for (const { Prefix } of page.CommonPrefixes ?? []) found.push({ path: Prefix!.slice(prefix.length, -1), is_dir: true });
    for (const { Key, Size } of page.Contents ?? []) if (Key !== prefix) found.push({ path: Key!.slice(prefix.length), is_dir: false, file_size: Size ?? 0 });
    token = page.NextContinuationToken;
  } while (token);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
};

export const putBody = async (bucket: string, key: string, body: Uint8Array, contentType: string): Promise<void> => {
  await s3().send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: contentType }));
};

/** The file, or all below the folder; the versions stay in the bucket. */
export const deleteBelow = async (bucket: string, path: string): Promise<number> => {
  let deleted = 0;
  let token: string | undefined;
  do {
    const page = await s3().send(new ListObjectsV2Command({ Bucket: bucket, Prefix: path, ...(token ? { ContinuationToken: token } : {}) }));
    for (const { Key } of page.Contents ?? []) {
      if (Key !== path && !Key!.startsWith(`${path}/`)) continue;
      await s3().send(new DeleteObjectCommand({ Bucket: bucket, Key: Key! }));
      deleted++;
    }
    token = page.NextContinuationToken;
  } while (token);
  return deleted;
};

export const beginParts = async (bucket: string, key: string, contentType: string): Promise<string> =>
  (await s3().send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ContentType: contentType }))).UploadId!;

/** Addresses that take one part each, for so many seconds. */
export const partUrls = (bucket: string, key: string, uploadId: string, parts: number, expiresIn: number): Promise<string[]> =>
  Promise.all(
    Array.from({ length: parts }, (_, index) => getSignedUrl(s3(), new UploadPartCommand({ Bucket: bucket, Key: key, UploadId: uploadId, PartNumber: index + 1 }), { expiresIn })),
  );

export const completeParts = async (bucket: string, key: string, uploadId: string, parts: readonly { number: number; etag: string }[]): Promise<void> => {
  await s3().send(
    new CompleteMultipartUploadCommand({
      Bucket: bucket,
      Key: key,
      UploadId: uploadId,
      MultipartUpload: { Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })) },
    }),
  );
};
export const abortParts = async (bucket: string, key: string, uploadId: string): Promise<void> => {
  await s3().send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }));
};

export const downloadUrl = (bucket: string, key: string, expiresIn: number, disposition?: string): Promise<string> =>
  getSignedUrl(s3(), new GetObjectCommand({ Bucket: bucket, Key: key, ...(disposition ? { ResponseContentDisposition: disposition } : {}) }), { expiresIn });
export const uploadUrl = (bucket: string, key: string, expiresIn: number): Promise<string> => getSignedUrl(s3(), new PutObjectCommand({ Bucket: bucket, Key: key }), { expiresIn });
