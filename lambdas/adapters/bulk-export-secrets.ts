import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { ServerCredentials } from '../contracts/export.ts';
import { originOf } from '../domain/lake/bulk-export/exchange.ts';
import { RequestRefused } from '../domain/outbound/exchange.ts';

let made: SecretsManagerClient | undefined;
const secrets = (): SecretsManagerClient => (made ??= new SecretsManagerClient({}));

/** One secret per FHIR server. */
const secretName = (prefix: string, name: string): string => `${prefix}${name}`;

/** Keeps a server's credentials; the same name again replaces them. */
export const putCredentials = async (prefix: string, keyId: string, name: string, credentials: ServerCredentials): Promise<void> => {
  const value = { SecretString: JSON.stringify(credentials) };
  try {
    await secrets().send(new CreateSecretCommand({ Name: secretName(prefix, name), KmsKeyId: keyId, ...value }));
  } catch (error) {
    if (!(error instanceof ResourceExistsException)) throw error;
    await secrets().send(new PutSecretValueCommand({ SecretId: secretName(prefix, name), ...value }));
  }
};

/** The credentials under a name, for that server alone: they go to no other origin. Null where none are named. */
export const credentialsFor = async (prefix: string, name: string | undefined, server: string): Promise<ServerCredentials | null> => {
  if (name === undefined) return null;
  const credentials = ServerCredentials.parse(JSON.parse(await secretOf(prefix, name)));
  if (originOf(credentials.url) !== originOf(server)) throw new RequestRefused(`credentials: "${name}" are those of ${originOf(credentials.url)}, not of ${originOf(server)}`);
  return credentials;
};

const secretOf = async (prefix: string, name: string): Promise<string> => {
  try {
    return (await secrets().send(new GetSecretValueCommand({ SecretId: secretName(prefix, name) }))).SecretString ?? '';
  } catch (error) {
    if (error instanceof ResourceNotFoundException) throw new RequestRefused(`credentials: none are kept under "${name}"; proband data fhir-server add keeps them`);
    throw error;
  }
};
