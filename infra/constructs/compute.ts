import { join } from 'node:path';
import { Aws, Duration } from 'aws-cdk-lib';
import { DockerImageAsset, Platform as ImagePlatform } from 'aws-cdk-lib/aws-ecr-assets';
import { AccountRootPrincipal, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Environment } from '../../config/environments/environment.ts';
import { machineArn, resourceName } from './names.ts';
import type { Keys, Platform, SageMakerBackend } from './platform.ts';

type Held = { environment: Environment; keys: Keys; buckets: Platform['buckets'] };

const IMAGE = join(import.meta.dirname, '..', '..', 'containers');

/**
 * Where the heavy steps run. `worker`: a queue, and the role that a worker anywhere takes on. `sagemaker`: the image and the role of its
 * Training and Processing jobs.
 */
export class Compute extends Construct {
  readonly jobs: Queue;
  readonly deadJobs: Queue;
  readonly sageMaker?: Omit<SageMakerBackend, 'trackerUrl'>;
  private readonly relayRole?: Role;

  constructor(scope: Construct, id: string, held: Held) {
    super(scope, id);
    const { environment, keys } = held;
    const queue = { encryption: QueueEncryption.KMS, encryptionMasterKey: keys.logs, enforceSSL: true };
    this.deadJobs = new Queue(this, 'DeadJobs', { ...queue, queueName: resourceName(environment, 'jobs-dead'), retentionPeriod: Duration.days(14) });
    this.jobs = new Queue(this, 'Jobs', {
      ...queue,
      queueName: resourceName(environment, 'jobs'),
      // the worker lengthens it while its job runs: a job whose worker died comes back after this time
      visibilityTimeout: Duration.seconds(environment.jobVisibilitySeconds),
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: this.deadJobs, maxReceiveCount: 5 },
    });
    if (environment.compute === 'sagemaker') {
      const image = new DockerImageAsset(this, 'Image', { directory: IMAGE, platform: ImagePlatform.LINUX_AMD64 });
      this.relayRole = this.sageMakerRole('Relay', ['ProcessingJobs'], image, held, relayObjects(held));
      const { repositoryUri, repositoryName, repositoryArn } = image.repository;
      this.sageMaker = {
        roleArn: this.sageMakerRole('Job', ['TrainingJobs', 'ProcessingJobs'], image, held, jobObjects(held)).roleArn,
        relayRoleArn: this.relayRole.roleArn,
        imageUri: image.imageUri,
        image: { repositoryUri, repositoryName, repositoryArn, tag: image.imageTag },
        keyArn: keys.data.keyArn,
      };
    } else this.workerRole(held);
  }

  /** The relay may call that address of the API, and nobody else may. */
  letRelayCall(apiArn: string): void {
    if (this.relayRole) attach(this, 'RelayCalls', this.relayRole, [new PolicyStatement({ actions: ['execute-api:Invoke'], resources: [apiArn] })]);
  }

  /** For on-premises GPUs, hospital sites, a laptop: assumed with a principal's own right to do so, or by IAM Roles Anywhere. */
  private workerRole(held: Held): void {
    const { environment, keys } = held;
    const role = new Role(this, 'Worker', { roleName: resourceName(environment, 'worker'), assumedBy: new AccountRootPrincipal(), maxSessionDuration: Duration.hours(12) });
    attach(this, 'WorkerPolicy', role, [
      new PolicyStatement({ actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'], resources: [this.jobs.queueArn] }),
      new PolicyStatement({ actions: ['kms:Decrypt'], resources: [keys.logs.keyArn] }),
      new PolicyStatement({
        actions: ['states:SendTaskSuccess', 'states:SendTaskFailure', 'states:SendTaskHeartbeat'],
        resources: [machineArn(this, environment, 'develop'), machineArn(this, environment, 'simulate')],
      }),
      ...jobObjects(held),
    ]);
  }

  private sageMakerRole(name: 'Job' | 'Relay', logGroups: readonly string[], image: DockerImageAsset, { keys }: Held, objects: PolicyStatement[]): Role {
    const role = new Role(this, `${name}Role`, {
      assumedBy: new ServicePrincipal('sagemaker.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } } }),
    });
    const logs = `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:/aws/sagemaker`;
    attach(this, `${name}Policy`, role, [
      ...objects,
      // the volumes of a job's instance are encrypted under a grant of the key
      new PolicyStatement({ actions: ['kms:CreateGrant'], resources: [keys.data.keyArn], conditions: { Bool: { 'kms:GrantIsForAWSResource': 'true' } } }),
      new PolicyStatement({ actions: ['kms:DescribeKey'], resources: [keys.data.keyArn] }),
      new PolicyStatement({ actions: ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'], resources: [image.repository.repositoryArn] }),
      new PolicyStatement({ actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }),
      new PolicyStatement({ actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'], resources: logGroups.map((group) => `${logs}/${group}:*`) }),
      new PolicyStatement({ actions: ['cloudwatch:PutMetricData'], resources: ['*'], conditions: { StringLike: { 'cloudwatch:namespace': '/aws/sagemaker/*' } } }),
    ]);
    return role;
  }
}

// without a list permission that holds where no prefix is asked for, S3 answers a missing key as denied
const list = (bucket: IBucket, ...prefixes: string[]) =>
  new PolicyStatement({
    actions: ['s3:ListBucket'],
    resources: [bucket.bucketArn],
    conditions: { StringLikeIfExists: { 's3:prefix': prefixes.map((prefix) => `${prefix}/*`) } },
  });

/** What the relay reads, the records of jobs and the files that they name, and where it leaves its report. */
const relayObjects = ({ keys, buckets: { artifacts } }: Held): PolicyStatement[] => [
  new PolicyStatement({ actions: ['s3:GetObject', 's3:GetObjectVersion'], resources: ['runs', 'checkpoints', 'jobs'].map((prefix) => artifacts.arnForObjects(`${prefix}/*`)) }),
  new PolicyStatement({
    actions: ['s3:PutObject', 's3:AbortMultipartUpload'],
    resources: [artifacts.arnForObjects('runs/*/relay/*'), artifacts.arnForObjects('checkpoints/*/relay/*')],
  }),
  list(artifacts, 'runs', 'checkpoints', 'jobs'),
  new PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [keys.data.keyArn] }),
];

/** What a job reads and leaves, by either backend. */
const jobObjects = ({ keys, buckets: { lake, artifacts } }: Held): PolicyStatement[] => {
  const below = (...prefixes: string[]) => prefixes.map((prefix) => artifacts.arnForObjects(`${prefix}/*`));
  return [
    new PolicyStatement({ actions: ['s3:GetObject', 's3:GetObjectVersion'], resources: [lake.arnForObjects('features/*'), ...below('runs', 'checkpoints', 'trials', 'jobs')] }),
    new PolicyStatement({ actions: ['s3:PutObject', 's3:AbortMultipartUpload'], resources: below('runs', 'checkpoints', 'trials') }),
    list(lake, 'features'),
    list(artifacts, 'runs', 'checkpoints', 'trials', 'jobs'),
    new PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [keys.data.keyArn] }),
  ];
};

/** A managed policy of its own, so that what the role may do stands in one place. */
const attach = (scope: Construct, id: string, role: Role, statements: PolicyStatement[]): ManagedPolicy => new ManagedPolicy(scope, id, { statements, roles: [role] });
