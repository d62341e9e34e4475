import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket, type LifecycleRule, ObjectLockRetention, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { BUCKETS, type BucketName, TABLES, type TableName } from '../../config/catalog/stores.ts';
import type { Environment } from '../../config/environments/environment.ts';
import { resourceName } from './names.ts';
import type { Keys } from './platform.ts';

/** Every bucket and table of the catalog. */
export class DataStores extends Construct {
  readonly buckets: Record<BucketName, Bucket>;
  readonly tables: Record<TableName, Table>;
  /** what CloudTrail leaves */
  readonly trailBucket: Bucket;

  constructor(scope: Construct, id: string, environment: Environment, keys: Keys) {
    super(scope, id);
    const accessLogs = makeLogBucket(this, environment);
    this.buckets = mapNames(BUCKETS, (name) => makeBucket(this, name, environment, keys, accessLogs));
    this.tables = mapNames(TABLES, (name) => makeTable(this, name, environment, name === 'audit' ? keys.audit : name === 'subjects' ? keys.landing : keys.data));
    this.trailBucket = new Bucket(this, 'Trail', {
      ...closed(environment),
      encryption: BucketEncryption.KMS,
      encryptionKey: keys.audit,
      bucketKeyEnabled: true,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: 'trail/',
      lifecycleRules: [{ expiration: Duration.days(environment.auditRetentionDays), noncurrentVersionExpiration: Duration.days(1) }],
    });
  }
}

const mapNames = <N extends string, T>(catalog: Record<N, string>, make: (name: N) => T): Record<N, T> =>
  Object.fromEntries((Object.keys(catalog) as N[]).map((name) => [name, make(name)])) as Record<N, T>;

const capitalised = (name: string) => name[0]!.toUpperCase() + name.slice(1);

/** What every bucket is. */
const closed = (environment: Environment) => ({
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  versioned: true,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  removalPolicy: removalOf(environment),
});

const removalOf = (environment: Environment): RemovalPolicy => (environment.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY);

/** Who read or wrote which object. S3 delivers these logs under its own key only. */
const makeLogBucket = (scope: Construct, environment: Environment): Bucket =>
  new Bucket(scope, 'AccessLogs', {
    ...closed(environment),
    encryption: BucketEncryption.S3_MANAGED,
    lifecycleRules: [{ expiration: Duration.days(Math.max(environment.logRetentionDays, 30)), noncurrentVersionExpiration: Duration.days(30) }],
  });

const makeBucket = (scope: Construct, name: BucketName, environment: Environment, keys: Keys, serverAccessLogsBucket: Bucket): Bucket => {
  const phi = name === 'landing' || name === 'quarantine';
  const key = phi ? keys.landing : name === 'audit' ? keys.audit : keys.data;
  const tidy: LifecycleRule = { abortIncompleteMultipartUploadAfter: Duration.days(1) };
  const expires: LifecycleRule = { ...tidy, expiration: Duration.days(environment.landingExpiresDays), noncurrentVersionExpiration: Duration.days(1) };
  const retention = Duration.days(environment.auditRetentionDays);
  const bucket = new Bucket(scope, capitalised(name), {
    ...closed(environment),
    encryption: BucketEncryption.KMS,
    encryptionKey: key,
    bucketKeyEnabled: true,
    serverAccessLogsBucket,
    serverAccessLogsPrefix: `${name}/`,
    lifecycleRules: [phi ? expires : name === 'artifacts' ? { ...tidy, prefix: 'checkpoints/', expiration: Duration.days(30) } : tidy],
    ...(name === 'audit'
      ? { objectLockEnabled: true, objectLockDefaultRetention: environment.retain ? ObjectLockRetention.compliance(retention) : ObjectLockRetention.governance(retention) }
      : {}),
  });
  denyOtherKeys(bucket, key);
  // by the resource's own property: CDK's `eventBridgeEnabled` brings a custom resource
  if (name === 'landing') (bucket.node.defaultChild as CfnBucket).notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
  return bucket;
};

/** A PUT that names another key or another encryption is refused; one that names none gets the bucket's. */
const denyOtherKeys = (bucket: Bucket, key: IKey): void => {
  const expected = { 's3:x-amz-server-side-encryption': 'aws:kms', 's3:x-amz-server-side-encryption-aws-kms-key-id': key.keyArn };
  for (const [name, value] of Object.entries(expected)) {
    bucket.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects('*')],
        conditions: { StringNotEquals: { [name]: value }, Null: { [name]: 'false' } },
      }),
    );
  }
};

const makeTable = (scope: Construct, name: TableName, environment: Environment, encryptionKey: IKey): Table => {
  const table = new Table(scope, `${capitalised(name)}Table`, {
    tableName: resourceName(environment, name),
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.CUSTOMER_MANAGED,
    encryptionKey,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: environment.retain,
    // carried by records of webhook deliveries alone: what else is tracked stays
    ...(name === 'tracking' ? { timeToLiveAttribute: 'expiresAt' } : {}),
    removalPolicy: removalOf(environment),
  });
  table.addGlobalSecondaryIndex({
    indexName: 'gsi1',
    partitionKey: { name: 'gsi1pk', type: AttributeType.STRING },
    sortKey: { name: 'gsi1sk', type: AttributeType.STRING },
    projectionType: ProjectionType.ALL,
  });
  return table;
};
