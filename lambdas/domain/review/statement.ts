import { createHash, verify } from 'node:crypto';
import type { Principal } from '../../contracts/principal.ts';
import type { Review, ReviewDecisionRequest, Signature, SignedSubject } from '../../contracts/review.ts';
import { canonicalJson, digestOf } from '../canonical-json.ts';
import { differingMembers } from './subject.ts';

/**
 * What is signed: who, when and what it means (21 CFR 11.50), and the hashes of the record that it belongs to, so that the
 * signature cannot be cut off and put under another one (21 CFR 11.70).
 */
export const statementOf = (
  review: Review,
  request: ReviewDecisionRequest,
  caller: Principal,
  times: { signedAt: string; secondAuthenticationAt: string },
): Signature['statement'] => ({
  subject: review.subject,
  ...(review.dossier ? { dossierSha256: review.dossier.sha256 } : {}),
  printedName: request.printedName,
  username: caller.username,
  userSubject: caller.subject,
  roles: [...caller.roles].sort(),
  meaning: request.meaning,
  ...(request.comment === undefined ? {} : { comment: request.comment }),
  decision: request.decision,
  ...times,
});

/** SHA-256 of the statement's canonical JSON: what KMS signs. */
export const statementDigest = (statement: Signature['statement']): Buffer => createHash('sha256').update(canonicalJson(statement)).digest();

/** The id of a signature is made of what it says: the same statement has one id. */
export const signatureIdOf = (statement: Signature['statement']): string => `sig_${digestOf(statement).slice(0, 32)}`;

/**
 * Why this signature does not allow this subject; null: it does. The key is the verifier's own, never one that the signature names.
 * `publicKeyPem`: ECDSA P-256, SubjectPublicKeyInfo.
 */
export const signatureProblem = (signature: Signature, subject: SignedSubject, publicKeyPem: string): string | null => {
  const { statement } = signature;
  const name = `signature ${signature.signatureId}`;
  if (signature.statementSha256 !== statementDigest(statement).toString('hex')) return `${name}: its statement was changed after it was signed`;
  if (!isSigned(statement, signature.signature, publicKeyPem)) return `${name}: not made by the signature key`;
  if (statement.decision !== 'sign') return `${name}: its decision is ${statement.decision}, needed: sign`;
  if (!statement.roles.includes('clinician')) return `${name}: signed in the role of ${statement.roles.join(', ') || 'nobody'}, needed: clinician`;
  const differing = differingMembers(subject, statement.subject);
  return differing.length === 0 ? null : `${name}: signed for another ${differing.join(', ')} than ${subject.model}@${subject.version} has`;
};

const isSigned = (statement: Signature['statement'], signature: string, key: string): boolean => {
  try {
    return verify('sha256', Buffer.from(canonicalJson(statement)), { key, dsaEncoding: 'der' }, Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
};
