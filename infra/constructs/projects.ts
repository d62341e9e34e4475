import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { TrackingService } from '../../config/catalog/routes.ts';
import { CREDENTIAL_MINUTES } from '../../lambdas/contracts/artifact-credentials.ts';
import * as api from '../../lambdas/projects/api/contract.ts';
import * as credentials from '../../lambdas/projects/credentials/contract.ts';
import { readItems, writeItems } from './grants.ts';
import { resourceName } from './names.ts';
import type { Platform } from './platform.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';

/** partitions of the tracking table and of the registry's, as lambdas/adapters/project-store.ts, tracking/addresses.ts and registered-model-store.ts name them */
const PROJECTS = 'PROJECTS';
const RUNS = 'P#*#RUN#*';
const MODELS = 'P#*#MODELS';
const HISTORIES = ['P#*#MODEL-HISTORY#*', 'P#*#DELETED-MODELS', 'HISTORY#*'];
/** where projects' artifacts lie */
const ARTIFACTS = 'projects/';

/** Namespaces of runs, models and artifacts: who may do what in which, and credentials for the artifacts of one. */
export class Projects extends Construct {
  readonly services: Record<Exclude<TrackingService, 'retention'>, IFunction>;

  constructor(scope: Construct, id: string, platform: Platform, defaults: FunctionDefaults, { auditCalls }: { auditCalls: IQueue }) {
    super(scope, id);
    const { tables, buckets, keys, environment } = platform;
    const audit = [
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [auditCalls.queueArn] }),
      new PolicyStatement({ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [keys.audit.keyArn] }),
    ];
    const variables = { TRACKING_TABLE: tables.tracking.tableName, AUDIT_QUEUE_URL: auditCalls.queueUrl };
    const roleName = resourceName(environment, 'project-artifacts');
    const issuing = new ServiceFunction(this, 'Credentials', defaults, {
      handler: 'projects/credentials',
      contract: credentials.Environment,
      variables: {
        ...variables,
        ARTIFACTS_BUCKET: buckets.artifacts.bucketName,
        ARTIFACTS_BUCKET_ARN: buckets.artifacts.bucketArn,
        ARTIFACTS_KEY_ARN: keys.data.keyArn,
        ARTIFACTS_ROLE_ARN: Stack.of(this).formatArn({ service: 'iam', region: '', resource: 'role', resourceName: roleName }),
      },
      permissions: [...readItems(platform, 'tracking', [PROJECTS, RUNS]), ...audit],
    });
    const role = this.artifactsRole(platform, roleName, issuing.role);
    issuing.role.addToPolicy(new PolicyStatement({ actions: ['sts:AssumeRole'], resources: [role.roleArn] }));
    this.services = {
      projects: new ServiceFunction(this, 'Api', defaults, {
        handler: 'projects/api',
        contract: api.Environment,
        variables: { ...variables, REGISTRY_TABLE: tables.registry.tableName },
        permissions: [
          ...readItems(platform, 'tracking', [PROJECTS]),
          ...writeItems(platform, 'tracking', [PROJECTS]),
          ...readItems(platform, 'registry', [MODELS, ...HISTORIES]),
          ...audit,
        ],
      }).function,
      credentials: issuing.function,
    };
  }

  /** What people's sessions are of: every project's artifacts and nothing else; each session's own policy leaves one project or run of it. */
  private artifactsRole({ buckets, keys }: Platform, roleName: string, assumedBy: Role): Role {
    const role = new Role(this, 'ArtifactsRole', { roleName, assumedBy, maxSessionDuration: Duration.minutes(CREDENTIAL_MINUTES.most) });
    const statements = [
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
        resources: [buckets.artifacts.arnForObjects(`${ARTIFACTS}*`)],
      }),
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [buckets.artifacts.bucketArn], conditions: { StringLike: { 's3:prefix': [`${ARTIFACTS}*`] } } }),
      new PolicyStatement({
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [keys.data.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `s3.${Stack.of(this).region}.amazonaws.com` } },
      }),
    ];
    for (const statement of statements) role.addToPolicy(statement);
    return role;
  }
}
