import { createHash, createPublicKey, verify } from 'node:crypto';
import type { AuditCheckpoint } from '../../contracts/audit.ts';
import { canonicalJson } from '../canonical-json.ts';

/** A checkpoint before its signature. */
export type UnsignedCheckpoint = Omit<AuditCheckpoint, 'signature'>;

/** What a checkpoint's signature is over: the canonical JSON of everything else in it. */
const signedText = ({ sequence, hash, at, keyId, algorithm }: UnsignedCheckpoint): string => canonicalJson({ sequence, hash, at, keyId, algorithm });

/** SHA-256 of the signed text, 32 bytes: what KMS signs. */
export const checkpointDigest = (checkpoint: UnsignedCheckpoint): Buffer => createHash('sha256').update(signedText(checkpoint)).digest();

/** Whether the holder of this key (PEM, ECDSA P-256) signed this checkpoint. */
export const isSigned = (checkpoint: AuditCheckpoint, publicKeyPem: string): boolean => {
  try {
    return verify('sha256', Buffer.from(signedText(checkpoint)), { key: publicKeyPem, dsaEncoding: 'der' }, strictBase64(checkpoint.signature));
  } catch {
    return false;
  }
};

/** Node skips what is not base64: a signature with a stray character would pass. */
const strictBase64 = (text: string): Buffer => {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new TypeError('not base64');
  return bytes;
};

/** SHA-256 of a public key's DER form, hex; null where it is no key. */
export const keyFingerprint = (publicKeyPem: string): string | null => {
  try {
    return createHash('sha256')
      .update(createPublicKey(publicKeyPem).export({ type: 'spki', format: 'der' }))
      .digest('hex');
  } catch {
    return null;
  }
};
