import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUCKETS, TABLES } from '../../config/catalog/stores.ts';
import { environmentOf } from '../../config/environments/environment.ts';
import { ENVIRONMENTS, type Resource, type Stacks, resourcesOf, stacksOf } from './assembly.ts';

/** A store by its catalog name: CDK's logical ids begin with the construct's path. */
const bucketOf = (stacks: Stacks, name: string): [string, Resource] => {
  const found = resourcesOf(stacks, 'AWS::S3::Bucket').filter(([id]) => new RegExp(`^Stores${name}[0-9A-F]{8}$`, 'i').test(id));
  assert.equal(found.length, 1, `bucket ${name}`);
  return found[0]!;
};

const statementsOf = (stacks: Stacks, bucketId: string): Record<string, unknown>[] =>
  resourcesOf(stacks, 'AWS::S3::BucketPolicy').flatMap(([, { Properties }]) => (Properties.Bucket.Ref === bucketId ? Properties.PolicyDocument.Statement : []));

for (const name of ENVIRONMENTS) {
  const environment = environmentOf(name);
  const stacks = await stacksOf(name);

  test(`${name}: every bucket is versioned, under a customer key, closed to the public, logged, and speaks TLS only`, () => {
    for (const bucket of Object.keys(BUCKETS)) {
      const [id, { Properties: p, DeletionPolicy }] = bucketOf(stacks, bucket);
      const [rule] = p.BucketEncryption.ServerSideEncryptionConfiguration;
      assert.equal(p.VersioningConfiguration.Status, 'Enabled', id);
      assert.equal(rule.ServerSideEncryptionByDefault.SSEAlgorithm, 'aws:kms', id);
      assert.ok(rule.ServerSideEncryptionByDefault.KMSMasterKeyID, id);
      assert.equal(rule.BucketKeyEnabled, true, id);
      assert.deepEqual(p.PublicAccessBlockConfiguration, { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true }, id);
      assert.ok(p.LoggingConfiguration.LogFilePrefix, id);
      assert.ok(p.LifecycleConfiguration.Rules.length > 0, id);
      assert.equal(DeletionPolicy, environment.retain ? 'Retain' : 'Delete', id);
      const denied = statementsOf(stacks, id)
        .filter(({ Effect }) => Effect === 'Deny')
        .map(({ Condition }) => JSON.stringify(Condition));
      for (const condition of [
        '"aws:SecureTransport":"false"',
        '"s3:TlsVersion":1.2',
        '"s3:x-amz-server-side-encryption":"aws:kms"',
        's3:x-amz-server-side-encryption-aws-kms-key-id',
      ]) {
        assert.ok(
          denied.some((each) => each.includes(condition)),
          `${id} denies ${condition}`,
        );
      }
    }
  });

  test(`${name}: what may hold PHI expires, under a key of its own`, () => {
    const keyOf = (bucket: string) => JSON.stringify(bucketOf(stacks, bucket)[1].Properties.BucketEncryption);
    for (const bucket of ['landing', 'quarantine']) {
      const [, { Properties }] = bucketOf(stacks, bucket);
      assert.ok(
        Properties.LifecycleConfiguration.Rules.some(
          (rule: { ExpirationInDays?: number; Prefix?: string }) => rule.ExpirationInDays === environment.landingExpiresDays && !rule.Prefix,
        ),
        bucket,
      );
    }
    assert.equal(keyOf('landing'), keyOf('quarantine'));
    for (const other of ['lake', 'artifacts', 'audit']) assert.notEqual(keyOf('landing'), keyOf(other));
  });

  test(`${name}: an arrival in the landing zone is an event, without a custom resource`, () => {
    assert.deepEqual(bucketOf(stacks, 'landing')[1].Properties.NotificationConfiguration, { EventBridgeConfiguration: { EventBridgeEnabled: true } });
    const custom = Object.values(stacks).flatMap(({ Resources }) =>
      Object.values(Resources).filter(({ Type }) => Type.startsWith('Custom::') || Type === 'AWS::CloudFormation::CustomResource'),
    );
    assert.deepEqual(custom, []);
  });

  test(`${name}: the audit bucket is under Object Lock`, () => {
    const [, { Properties }] = bucketOf(stacks, 'audit');
    assert.equal(Properties.ObjectLockEnabled, true);
    assert.deepEqual(Properties.ObjectLockConfiguration.Rule.DefaultRetention, { Days: environment.auditRetentionDays, Mode: environment.retain ? 'COMPLIANCE' : 'GOVERNANCE' });
  });

  test(`${name}: every table of the catalog is on demand, under a customer key, recoverable to the second`, () => {
    const tables = resourcesOf(stacks, 'AWS::DynamoDB::Table');
    assert.deepEqual(
      tables.map(([, { Properties }]) => Properties.TableName).sort(),
      Object.keys(TABLES)
        .map((table) => `proband-${name}-${table}`)
        .sort(),
    );
    for (const [id, { Properties: p, DeletionPolicy }] of tables) {
      assert.equal(p.BillingMode, 'PAY_PER_REQUEST', id);
      assert.equal(p.SSESpecification.SSEType, 'KMS', id);
      assert.ok(p.SSESpecification.KMSMasterKeyId, id);
      assert.equal(p.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled, true, id);
      assert.equal(p.DeletionProtectionEnabled ?? false, environment.retain, id);
      assert.equal(DeletionPolicy, environment.retain ? 'Retain' : 'Delete', id);
      assert.deepEqual(
        p.GlobalSecondaryIndexes.map(({ IndexName }: { IndexName: string }) => IndexName),
        ['gsi1'],
        id,
      );
    }
  });

  test(`${name}: keys rotate where AWS can, and are of the kinds that pseudonyms and signatures need`, () => {
    const kinds = resourcesOf(stacks, 'AWS::KMS::Key').map(
      ([, { Properties }]) => `${Properties.KeySpec ?? 'SYMMETRIC_DEFAULT'} ${Properties.KeyUsage ?? 'ENCRYPT_DECRYPT'} ${Properties.EnableKeyRotation ?? false}`,
    );
    assert.deepEqual(kinds.sort(), [
      'ECC_NIST_P256 SIGN_VERIFY false',
      'ECC_NIST_P256 SIGN_VERIFY false',
      'HMAC_256 GENERATE_VERIFY_MAC false',
      ...Array(4).fill('SYMMETRIC_DEFAULT ENCRYPT_DECRYPT true'),
    ]);
  });

  test(`${name}: logs, queues and topics are encrypted under a customer key; logs end`, () => {
    for (const [id, { Properties }] of resourcesOf(stacks, 'AWS::Logs::LogGroup')) {
      assert.ok(Properties.KmsKeyId, id);
      assert.equal(Properties.RetentionInDays, environment.logRetentionDays, id);
    }
    for (const [id, { Properties }] of [...resourcesOf(stacks, 'AWS::SQS::Queue'), ...resourcesOf(stacks, 'AWS::SNS::Topic')]) assert.ok(Properties.KmsMasterKeyId, id);
    for (const type of ['Queue', 'Topic']) {
      const service = type === 'Queue' ? 'SQS' : 'SNS';
      const policies = resourcesOf(stacks, `AWS::${service}::${type}Policy`);
      for (const [id] of resourcesOf(stacks, `AWS::${service}::${type}`)) {
        const secured = policies.some(
          ([, { Properties }]) => JSON.stringify(Properties[`${type}s`]).includes(`"${id}"`) && JSON.stringify(Properties.PolicyDocument).includes('"aws:SecureTransport":"false"'),
        );
        assert.ok(secured, `${id} denies what is not TLS`);
      }
    }
  });
}
