import { GenerateMacCommand } from '@aws-sdk/client-kms';
import { secretLabel } from '../domain/lake/pseudonym.ts';
import { kms } from './clients.ts';

/** The namespace's secret (32 bytes), made inside KMS by the HMAC key that never leaves it. Never stored, never logged. */
export const pseudonymSecret = async (keyId: string, namespace: string): Promise<Uint8Array> => {
  const { Mac } = await kms().send(new GenerateMacCommand({ KeyId: keyId, MacAlgorithm: 'HMAC_SHA_256', Message: Buffer.from(secretLabel(namespace)) }));
  return Mac!;
};
