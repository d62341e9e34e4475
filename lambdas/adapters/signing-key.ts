import { GetPublicKeyCommand, SignCommand } from '@aws-sdk/client-kms';
import { kms } from './clients.ts';

export const SIGNING_ALGORITHM = 'ECDSA_SHA_256';

/** Signs a SHA-256 digest (32 bytes) with an ECC_NIST_P256 key; answers the DER signature in base64. The private half never leaves KMS. */
export const signDigest = async (keyId: string, digest: Uint8Array): Promise<string> => {
  const { Signature } = await kms().send(new SignCommand({ KeyId: keyId, Message: digest, MessageType: 'DIGEST', SigningAlgorithm: SIGNING_ALGORITHM }));
  return Buffer.from(Signature!).toString('base64');
};

const publicKeys = new Map<string, string>();

/** The public half of an asymmetric key as PEM (SubjectPublicKeyInfo). It never changes, so it is asked for once per process. */
export const publicKeyPem = async (keyId: string): Promise<string> => {
  const known = publicKeys.get(keyId);
  if (known) return known;
  const { PublicKey } = await kms().send(new GetPublicKeyCommand({ KeyId: keyId }));
  const lines = Buffer.from(PublicKey!)
    .toString('base64')
    .match(/.{1,64}/g)!;
  const pem = `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`;
  publicKeys.set(keyId, pem);
  return pem;
};
