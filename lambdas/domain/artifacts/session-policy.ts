import type { ArtifactCredentials } from '../../contracts/artifact-credentials.ts';
import type { Principal } from '../../contracts/principal.ts';
import type { Project } from '../../contracts/project.ts';
import { rolesIn } from '../mlflow/access.ts';

type Access = ArtifactCredentials['access'];

/** What the caller may do with a project's artifacts; undefined: nothing. */
export const accessOf = (project: Project, caller: Principal): Access | undefined => {
  const held = rolesIn(project, caller);
  if (held.some((role) => role === 'data-scientist' || role === 'ml-engineer')) return 'read-write';
  return held.length > 0 ? 'read' : undefined;
};

/** In a resource's name these three would be patterns and variables (IAM: policy variables for special characters). */
const literal = (key: string): string => key.replace(/[*?$]/g, (character) => `\${${character}}`);

const READ = ['s3:GetObject'];
// the parts of a large file; nothing may be deleted
const WRITE = ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'];

/** What is left of the artifacts' role in one session: objects below the prefix, their list, and the key through S3. */
export const sessionPolicy = ({ bucketArn, keyArn, prefix, access }: { bucketArn: string; keyArn: string; prefix: string; access: Access }) => {
  const below = `${literal(prefix)}/*`;
  const [read, write] = [READ, access === 'read-write' ? WRITE : []];
  return {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: [...read, ...write], Resource: [`${bucketArn}/${below}`] },
      { Effect: 'Allow', Action: ['s3:ListBucket'], Resource: [bucketArn], Condition: { StringLike: { 's3:prefix': [literal(prefix), below] } } },
      { Effect: 'Allow', Action: ['kms:Decrypt', ...(write.length > 0 ? ['kms:GenerateDataKey'] : [])], Resource: [keyArn] },
    ],
  };
};
