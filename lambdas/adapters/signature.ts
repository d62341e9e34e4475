import { createHash } from 'node:crypto';
import { GetPublicKeyCommand, SignCommand, VerifyCommand } from '@aws-sdk/client-kms';
import type { ModelVersion } from '../contracts/model-version.ts';
import { modelVersionId } from '../contracts/ids.ts';
import type { Signature, SignedSubject } from '../contracts/review.ts';
import { canonicalJson, digestOf, sha256 } from '../domain/canonical-json.ts';
import { signedSubjectOf, subjectDifference } from '../domain/review/subject.ts';
import { kms } from './clients.ts';
import { getBytes, getStream } from './objects.ts';
import { getSignature } from './review-store.ts';

const ALGORITHM = 'ECDSA_SHA_256';

/** Signs a digest (64 hex digits) with an ECC_NIST_P256 key; answers the DER signature in base64. */
export const signDigest = async (keyId: string, digestHex: string): Promise<string> => {
  const { Signature: signed } = await kms().send(new SignCommand({ KeyId: keyId, Message: Buffer.from(digestHex, 'hex'), MessageType: 'DIGEST', SigningAlgorithm: ALGORITHM }));
  return Buffer.from(signed!).toString('base64');
};

/** The public half of a signing key, PEM: what an auditor verifies with, offline. */
export const publicKeyPem = async (keyId: string): Promise<string> => {
  const { PublicKey } = await kms().send(new GetPublicKeyCommand({ KeyId: keyId }));
  const base64 = Buffer.from(PublicKey!).toString('base64').match(/.{1,64}/g)!.join('\n');
  return `-----BEGIN PUBLIC KEY-----\n${base64}\n-----END PUBLIC KEY-----\n`;
};

export const signStatement = async (keyId: string, signatureId: string, statement: Signature['statement']): Promise<Signature> => {
  const statementSha256 = sha256(canonicalJson(statement));
  return { signatureId, statement, statementSha256, keyId, algorithm: ALGORITHM, signature: await signDigest(keyId, statementSha256) };
};

/**
 * Recomputes, from the bytes in S3, what a signature over this version must be bound to: every artifact's hash, the dataset's manifest
 * and the gate evidence; nothing is taken from the database but where to look.
 */
export const recomputeSubject = async (version: ModelVersion): Promise<SignedSubject> => {
  const artifacts = await Promise.all(version.artifacts.files.map(async (file) => [file.path, await hashOf(file)] as const));
  const gates = await getBytes(version.gatesEvidence);
  const { contextOfUse } = JSON.parse(gates.toString('utf8')) as { contextOfUse: unknown };
  return signedSubjectOf(version, { artifacts: digestOf(artifacts), dataset: sha256(await getBytes(version.datasetManifest)), gates: sha256(gates), contextOfUse: digestOf(contextOfUse) });
};

const hashOf = async (where: { bucket: string; key: string; versionId: string }): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of await getStream(where)) hash.update(chunk as Buffer);
  return hash.digest('hex');
};

/** Why this version's signature does not open its deployment, or null where it does. */
export const signatureProblem = async (registryTable: string, signatureKeyId: string, version: ModelVersion): Promise<string | null> => {
  const id = modelVersionId(version.model, version.version);
  const signature = await getSignature(registryTable, version.model, version.version);
  if (!signature) return `${id} has no clinical signature; a clinician signs in its review (proband review list)`;
  const { statement, statementSha256 } = signature;
  if (statement.decision !== 'sign') return `the clinical decision on ${id} is ${statement.decision}`;
  if (sha256(canonicalJson(statement)) !== statementSha256) return `the signed statement on ${id} was altered`;
  const difference = subjectDifference(statement.subject, await recomputeSubject(version));
  if (difference) return `${id} is not what was signed: ${difference}`;
  try {
    const { SignatureValid } = await kms().send(
      new VerifyCommand({ KeyId: signatureKeyId, Message: Buffer.from(statementSha256, 'hex'), MessageType: 'DIGEST', SigningAlgorithm: ALGORITHM, Signature: Buffer.from(signature.signature, 'base64') }),
    );
    return SignatureValid ? null : `the signature on ${id} does not verify`;
  } catch (error) {
    if ((error as Error).name === 'KMSInvalidSignatureException') return `the signature on ${id} does not verify`;
    throw error;
  }
};
