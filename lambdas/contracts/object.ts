import * as z from 'zod';
import { Sha256 } from './ids.ts';

/** One immutable S3 object: the exact bytes are (bucket, key, versionId), proved by sha256. */
export const ObjectVersion = z.object({
  bucket: z.string(),
  key: z.string(),
  versionId: z.string(),
  sha256: Sha256,
  bytes: z.number().int().min(0),
});
export type ObjectVersion = z.infer<typeof ObjectVersion>;

/** What a job left: relative path, version and hash of each file. */
export const ArtifactManifest = z.object({
  prefix: z.string(),
  files: z.array(ObjectVersion.extend({ path: z.string() })),
  /** SHA-256 of the canonical JSON of [path, sha256] pairs, sorted by path. */
  digest: Sha256,
});
export type ArtifactManifest = z.infer<typeof ArtifactManifest>;
