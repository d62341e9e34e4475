import { modelVersionId } from '../contracts/ids.ts';
import type { ModelVersion } from '../contracts/model-version.ts';
import { signatureOf } from './review-store.ts';
import { recomputeSubject, verifySignature } from './signature.ts';

/** Where the signature of a version is looked up and verified. */
export type Keyring = { REGISTRY_TABLE: string; LAKE_BUCKET: string; SIGNATURE_KEY_ID: string };

/** Why a version may not be deployed or loaded, in one line; null where its clinical signature verifies over the bytes as they are now. */
export const deploymentProblem = async ({ REGISTRY_TABLE, LAKE_BUCKET, SIGNATURE_KEY_ID }: Keyring, version: ModelVersion): Promise<string | null> => {
  const signature = await signatureOf(REGISTRY_TABLE, version.model, version.version);
  if (!signature)
    return `${modelVersionId(version.model, version.version)} has no clinical signature: a clinician signs with POST /v1/reviews/{reviewId}/decisions, and GET /v1/reviews names its review`;
  const verified = await verifySignature(SIGNATURE_KEY_ID, signature, await recomputeSubject(version, LAKE_BUCKET));
  return verified.ok ? null : verified.problem.detail;
};
