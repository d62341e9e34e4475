import { DecryptCommand, EncryptCommand } from '@aws-sdk/client-kms';
import { kms } from './clients.ts';

/** Which webhook a secret belongs to; encrypted for one it opens for no other (KMS encryption context). */
type Owner = { project: string; webhookId: string };
const context = ({ project, webhookId }: Owner) => ({ project, webhook: webhookId });

export const sealSecret = async (keyId: string, owner: Owner, secret: string): Promise<string> => {
  const { CiphertextBlob } = await kms().send(new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from(secret), EncryptionContext: context(owner) }));
  return Buffer.from(CiphertextBlob!).toString('base64');
};

export const openSecret = async (keyId: string, owner: Owner, sealed: string): Promise<string> => {
  const { Plaintext } = await kms().send(new DecryptCommand({ KeyId: keyId, CiphertextBlob: Buffer.from(sealed, 'base64'), EncryptionContext: context(owner) }));
  return Buffer.from(Plaintext!).toString('utf8');
};
