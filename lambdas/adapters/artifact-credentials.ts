import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { ArtifactCredentials } from '../contracts/artifact-credentials.ts';

let client: STSClient | undefined;
const sts = (): STSClient => (client ??= new STSClient({}));

/** STS takes these characters, 2 to 64 of them; the trail names the session so. */
const sessionName = (username: string): string =>
  username
    .replace(/[^\w+=,.@-]/g, '-')
    .slice(0, 64)
    .padEnd(2, '-');

/** A session of the role, narrowed by the policy, in the caller's name. */
export const takeRole = async (roleArn: string, policy: object, username: string, seconds: number): Promise<Omit<ArtifactCredentials, 'root' | 'access'>> => {
  const { Credentials } = await sts().send(
    new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: sessionName(username), Policy: JSON.stringify(policy), DurationSeconds: seconds }),
  );
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials!;
  return { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken!, expiration: Expiration!.toISOString() };
};
