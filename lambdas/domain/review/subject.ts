import type { ModelVersion } from '../../contracts/model-version.ts';
import type { SignedSubject } from '../../contracts/review.ts';

/** The hashes of the bytes themselves, as someone just computed them. */
export type FoundHashes = { artifacts: string; dataset: string; gates: string; contextOfUse: string };

/** What a signature over this version is bound to (21 CFR 11.70: a signature cannot be moved to another record). */
export const signedSubjectOf = ({ model, version, datasetId }: Pick<ModelVersion, 'model' | 'version' | 'datasetId'>, found: FoundHashes): SignedSubject => ({
  model,
  version,
  modelDigest: found.artifacts,
  datasetId,
  datasetSha256: found.dataset,
  gatesSha256: found.gates,
  contextOfUseSha256: found.contextOfUse,
});

/** The first member in which two subjects differ, or null. */
export const subjectDifference = (signed: SignedSubject, found: SignedSubject): string | null => {
  for (const name of Object.keys(signed) as (keyof SignedSubject)[]) {
    if (signed[name] !== found[name]) return `${name} is ${found[name]}, the signature is bound to ${signed[name]}`;
  }
  return null;
};
