import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ObjectLockConfiguration, PutObjectLockConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import type { Emulator } from './emulator.ts';

type Resource = { Type: string; Properties: { ObjectLockConfiguration?: ObjectLockConfiguration } };

/** The emulator reads no Object Lock from a template, and keeps one that it is told: what the template says of the audit bucket is told again. */
export const lockObjects = async ({ endpoint, env }: Emulator, assembly: string, bucket: string): Promise<void> => {
  const [lock, ...others] = readdirSync(assembly)
    .filter((name) => name.endsWith('.template.json'))
    .flatMap((name) => Object.values((JSON.parse(readFileSync(join(assembly, name), 'utf8')) as { Resources: Record<string, Resource> }).Resources))
    .flatMap(({ Type, Properties }) => (Type === 'AWS::S3::Bucket' && Properties.ObjectLockConfiguration ? [Properties.ObjectLockConfiguration] : []));
  if (!lock || others.length > 0) throw new Error(`one bucket of the templates locks its objects, found ${others.length + (lock ? 1 : 0)}`);
  const s3 = new S3Client({ endpoint, region: env['AWS_REGION']!, credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, forcePathStyle: true });
  await s3.send(new PutObjectLockConfigurationCommand({ Bucket: bucket, ObjectLockConfiguration: lock }));
};
