import { Aws, Duration } from 'aws-cdk-lib';
import { DockerImageAsset, Platform as ImagePlatform } from 'aws-cdk-lib/aws-ecr-assets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { join } from 'node:path';
import type { Environment } from '../../config/environments/environment.ts';
import { resourceName } from './names.ts';
import type { Keys, Platform } from './platform.ts';

/** The job queue of the worker backend, and on `sagemaker` the image and the role of its jobs. */
export class Compute extends Construct {
  readonly jobs: Queue;
  readonly sageMaker: Platform['sageMaker'];

  constructor(scope: Construct, id: string, environment: Environment, keys: Keys, buckets: Platform['buckets']) {
    super(scope, id);
    const queue = { encryption: QueueEncryption.KMS, encryptionMasterKey: keys.logs, enforceSSL: true };
    const dead = new Queue(this, 'DeadJobs', { ...queue, queueName: resourceName(environment, 'jobs-dead'), retentionPeriod: Duration.days(14) });
    // the worker lengthens its job's visibility while it runs; a worker that died gives it back after five minutes (locally: at once)
    this.jobs = new Queue(this, 'Jobs', {
      ...queue,
      queueName: resourceName(environment, 'jobs'),
      visibilityTimeout: environment.name === 'local' ? Duration.seconds(20) : Duration.minutes(5),
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: dead, maxReceiveCount: 5 },
    });
    if (environment.compute !== 'sagemaker') return;
    const image = new DockerImageAsset(this, 'Image', { directory: join(import.meta.dirname, '..', '..', 'containers'), platform: ImagePlatform.LINUX_AMD64 });
    const role = new Role(this, 'JobRole', { assumedBy: new ServicePrincipal('sagemaker.amazonaws.com') });
    image.repository.grantPull(role);
    const objects = (bucket: 'lake' | 'artifacts', prefixes: string[]) => prefixes.map((prefix) => buckets[bucket].arnForObjects(`${prefix}/*`));
    role.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [...objects('lake', ['features']), ...objects('artifacts', ['runs', 'checkpoints'])] }));
    role.addToPolicy(new PolicyStatement({ actions: ['s3:PutObject'], resources: objects('artifacts', ['runs', 'checkpoints', 'trials']) }));
    role.addToPolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [buckets.lake.bucketArn, buckets.artifacts.bucketArn] }));
    role.addToPolicy(new PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:CreateGrant', 'kms:DescribeKey'], resources: [keys.data.keyArn] }));
    role.addToPolicy(new PolicyStatement({ actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'], resources: [`arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:/aws/sagemaker/*`] }));
    role.addToPolicy(new PolicyStatement({ actions: ['cloudwatch:PutMetricData'], resources: ['*'], conditions: { StringEquals: { 'cloudwatch:namespace': '/aws/sagemaker/TrainingJobs' } } }));
    this.sageMaker = { roleArn: role.roleArn, imageUri: image.imageUri, keyArn: keys.data.keyArn };
  }
}
