import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Environment } from '../../config/environments/environment.ts';
import { resourceName } from './names.ts';
import type { Keys } from './platform.ts';

/** The customer keys. Symmetric keys rotate each year; AWS rotates neither HMAC nor asymmetric keys. */
export const makeKeys = (scope: Construct, environment: Environment): Keys => {
  const removalPolicy = environment.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
  const symmetric = (name: string, description: string) =>
    new Key(scope, `${name}Key`, { alias: resourceName(environment, name), description, enableKeyRotation: true, removalPolicy });
  const special = (name: string, description: string, keySpec: KeySpec, keyUsage: KeyUsage) =>
    new Key(scope, `${name}Key`, { alias: resourceName(environment, name), description, keySpec, keyUsage, removalPolicy });
  const logs = symmetric('logs', 'Log groups, queues and topics');
  const { region, account, partition } = Stack.of(scope);
  logs.addToResourcePolicy(
    new PolicyStatement({
      effect: Effect.ALLOW,
      principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'],
      resources: ['*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*` } },
    }),
  );
  for (const service of ['cloudwatch', 'sns', 'events', 'budgets']) {
    logs.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(`${service}.amazonaws.com`)],
        // EventBridge describes the key of a bus
        actions: ['kms:Decrypt', 'kms:GenerateDataKey', ...(service === 'events' ? ['kms:DescribeKey'] : [])],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    );
  }
  const audit = symmetric('audit', 'Audit chain and its checkpoints, the trail, backups');
  audit.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudtrail.amazonaws.com')],
      actions: ['kms:GenerateDataKey', 'kms:DescribeKey'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:SourceArn': `arn:${partition}:cloudtrail:${region}:${account}:trail/${resourceName(environment, 'trail')}` } },
    }),
  );
  return {
    landing: symmetric('landing', 'Landing zone and quarantine: may hold PHI'),
    data: symmetric('data', 'De-identified data, models, evidence'),
    audit,
    logs,
    pseudonym: special('pseudonym', 'Keyed pseudonyms of patients', KeySpec.HMAC_256, KeyUsage.GENERATE_VERIFY_MAC),
    signature: special('signature', 'Clinical signatures', KeySpec.ECC_NIST_P256, KeyUsage.SIGN_VERIFY),
    checkpoint: special('checkpoint', 'Audit checkpoints', KeySpec.ECC_NIST_P256, KeyUsage.SIGN_VERIFY),
  };
};
