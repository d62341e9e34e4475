import type { ModelVersion } from '../../contracts/model-version.ts';
import type { ArtifactManifest } from '../../contracts/object.ts';
import type { SignedSubject } from '../../contracts/review.ts';
import { digestOf } from '../canonical-json.ts';

/** Hashes of the bytes themselves, as they were just read. */
export type ReadHashes = {
  /** SHA-256 of each artifact, by its path. */
  artifacts: readonly { path: string; sha256: string }[];
  datasetSha256: string;
  gatesSha256: string;
  contextOfUse: unknown;
};

/** What a signature of this version must be bound to, given what its bytes hash to. */
export const signedSubjectOf = ({ model, version, datasetId }: Pick<ModelVersion, 'model' | 'version' | 'datasetId'>, read: ReadHashes): SignedSubject => ({
  model,
  version,
  modelDigest: artifactsDigest(read.artifacts),
  datasetId,
  datasetSha256: read.datasetSha256,
  gatesSha256: read.gatesSha256,
  contextOfUseSha256: digestOf(read.contextOfUse),
});

/** SHA-256 of the canonical JSON of [path, sha256] pairs, sorted by path: `digest` of an ArtifactManifest. */
const artifactsDigest = (files: readonly Pick<ArtifactManifest['files'][number], 'path' | 'sha256'>[]): string =>
  digestOf([...files].sort((a, b) => (a.path < b.path ? -1 : 1)).map(({ path, sha256 }) => [path, sha256]));

/** The members in which two subjects differ; none: they are the same. */
export const differingMembers = (a: SignedSubject, b: SignedSubject): (keyof SignedSubject)[] =>
  (Object.keys(a) as (keyof SignedSubject)[]).filter((member) => a[member] !== b[member]);

/** The registry's own digests of a version, in the members of a subject. */
export const registeredSubject = ({ model, version, datasetId, digests }: Pick<ModelVersion, 'model' | 'version' | 'datasetId' | 'digests'>): SignedSubject => ({
  model,
  version,
  modelDigest: digests.model,
  datasetId,
  datasetSha256: digests.data,
  gatesSha256: digests.gates,
  contextOfUseSha256: digests.contextOfUse,
});

/** The review of these bytes out of this run: asked for again, it is the same review. */
export const reviewIdOf = (runId: string, subject: SignedSubject): string => `rev_${digestOf({ runId, subject }).slice(0, 32)}`;
