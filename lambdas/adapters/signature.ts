import { createHash } from 'node:crypto';
import { keys } from '../../config/catalog/stores.ts';
import { modelVersionId } from '../contracts/ids.ts';
import type { ModelVersion } from '../contracts/model-version.ts';
import type { ObjectVersion } from '../contracts/object.ts';
import { type Outcome, done, refused } from '../contracts/outcome.ts';
import type { Signature, SignedSubject } from '../contracts/review.ts';
import { sha256 } from '../domain/canonical-json.ts';
import { signatureIdOf, signatureProblem, statementDigest } from '../domain/review/statement.ts';
import { signedSubjectOf } from '../domain/review/subject.ts';
import { getBytes, getStream } from './objects.ts';
import { SIGNING_ALGORITHM, publicKeyPem, signDigest } from './signing-key.ts';

/**
 * Reads every byte that a version is made of, and answers what a signature must be bound to. Where the bytes lie is the registry's word;
 * what they are is not. The dataset's manifest lies at the place that its id gives.
 */
export const recomputeSubject = async (version: ModelVersion, lakeBucket: string): Promise<SignedSubject> => {
  const [artifacts, dataset, gates] = await Promise.all([
    Promise.all(version.artifacts.files.map(async (file) => ({ path: file.path, sha256: await hashOf(file) }))),
    getBytes({ bucket: lakeBucket, key: keys.datasetManifest(version.datasetId) }),
    getBytes(version.gatesEvidence),
  ]);
  const { contextOfUse } = JSON.parse(gates.toString('utf8')) as { contextOfUse?: unknown };
  if (contextOfUse === undefined) throw new Error(`the gate evidence of ${modelVersionId(version.model, version.version)} names no context of use`);
  return signedSubjectOf(version, { artifacts, datasetSha256: sha256(dataset), gatesSha256: sha256(gates), contextOfUse });
};

const hashOf = async (object: ObjectVersion): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of await getStream(object)) hash.update(chunk as Buffer);
  return hash.digest('hex');
};

/** Signs a statement with the signature key; only the function `signing` may. */
export const signStatement = async (keyId: string, statement: Signature['statement']): Promise<Signature> => {
  const digest = statementDigest(statement);
  return {
    signatureId: signatureIdOf(statement),
    statement,
    statementSha256: digest.toString('hex'),
    keyId,
    algorithm: SIGNING_ALGORITHM,
    signature: await signDigest(keyId, digest),
  };
};

/** The deployment key: done only where this signature, by the key `keyId`, was made for exactly this subject. */
export const verifySignature = async (keyId: string, signature: Signature, subject: SignedSubject): Promise<Outcome<null>> => {
  const problem = signatureProblem(signature, subject, await publicKeyPem(keyId));
  return problem === null ? done(null) : refused(409, 'Signature does not verify', problem);
};
