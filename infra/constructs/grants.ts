import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { NAMESPACE } from '../../config/catalog/metrics.ts';
import type { BucketName, TableName } from '../../config/catalog/stores.ts';
import { registryBus } from './names.ts';
import type { Platform } from './platform.ts';

/**
 * Least-privilege statements, named by what a function does with a store. Each names its actions, the keys it needs and the narrowest
 * resource AWS has.
 */
const useKey = (key: IKey, actions: string[]) => new PolicyStatement({ actions, resources: [key.keyArn] });

const keyOfBucket = ({ keys }: Platform, bucket: BucketName): IKey =>
  bucket === 'landing' || bucket === 'quarantine' ? keys.landing : bucket === 'audit' ? keys.audit : keys.data;
const keyOfTable = ({ keys }: Platform, table: TableName): IKey => (table === 'audit' ? keys.audit : table === 'subjects' ? keys.landing : keys.data);

export const readObjects = (platform: Platform, bucket: BucketName, prefix: string): PolicyStatement[] => [
  new PolicyStatement({ actions: ['s3:GetObject', 's3:GetObjectVersion'], resources: [platform.buckets[bucket].arnForObjects(`${prefix}*`)] }),
  useKey(keyOfBucket(platform, bucket), ['kms:Decrypt']),
];

export const writeObjects = (platform: Platform, bucket: BucketName, prefix: string): PolicyStatement[] => [
  new PolicyStatement({ actions: ['s3:PutObject'], resources: [platform.buckets[bucket].arnForObjects(`${prefix}*`)] }),
  useKey(keyOfBucket(platform, bucket), ['kms:GenerateDataKey', 'kms:Decrypt']),
];

/** Without a list permission that holds where no prefix is asked for, S3 answers a missing key as denied. */
export const listObjects = (platform: Platform, bucket: BucketName, prefix: string): PolicyStatement[] => [
  new PolicyStatement({ actions: ['s3:ListBucket'], resources: [platform.buckets[bucket].bucketArn], conditions: { StringLikeIfExists: { 's3:prefix': [`${prefix}*`] } } }),
];

export const readTable = (platform: Platform, table: TableName): PolicyStatement[] => {
  const { tableArn } = platform.tables[table];
  return [
    new PolicyStatement({ actions: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'], resources: [tableArn, `${tableArn}/index/gsi1`] }),
    useKey(keyOfTable(platform, table), ['kms:Decrypt']),
  ];
};

/** Stores that write in batches; a batch may delete as well, so the others cannot. */
const BATCHED: readonly TableName[] = ['lineage', 'monitoring'];

export const writeTable = (platform: Platform, table: TableName): PolicyStatement[] => [
  new PolicyStatement({
    actions: ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:ConditionCheckItem', ...(BATCHED.includes(table) ? ['dynamodb:BatchWriteItem'] : [])],
    resources: [platform.tables[table].tableArn],
  }),
  useKey(keyOfTable(platform, table), ['kms:Decrypt', 'kms:GenerateDataKey']),
];

/** Through DynamoDB alone: what else is encrypted under the table's key stays closed. */
const keyThroughTable = (platform: Platform, table: TableName, actions: string[]) =>
  new PolicyStatement({
    actions,
    resources: [keyOfTable(platform, table).keyArn],
    conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${Stack.of(platform.tables[table]).region}.amazonaws.com` } },
  });
const ofPartitions = (partitions: string[]) => ({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions } });

/** Items of a table whose partition keys are like those, and no other. */
export const readItems = (platform: Platform, table: TableName, partitions: string[]): PolicyStatement[] => [
  new PolicyStatement({ actions: ['dynamodb:GetItem', 'dynamodb:Query'], resources: [platform.tables[table].tableArn], conditions: ofPartitions(partitions) }),
  keyThroughTable(platform, table, ['kms:Decrypt']),
];

/** The same by their whole keys, many at once. */
export const readBatches = (platform: Platform, table: TableName, partitions: string[]): PolicyStatement[] => [
  new PolicyStatement({ actions: ['dynamodb:BatchGetItem'], resources: [platform.tables[table].tableArn], conditions: ofPartitions(partitions) }),
];

export const writeItems = (platform: Platform, table: TableName, partitions: string[]): PolicyStatement[] => [
  new PolicyStatement({ actions: ['dynamodb:PutItem', 'dynamodb:UpdateItem'], resources: [platform.tables[table].tableArn], conditions: ofPartitions(partitions) }),
  keyThroughTable(platform, table, ['kms:Decrypt', 'kms:GenerateDataKey']),
];

/** Writes in batches, which may delete as well, and only there. */
export const batchItems = (platform: Platform, table: TableName, partitions: string[]): PolicyStatement[] => [
  new PolicyStatement({ actions: ['dynamodb:BatchWriteItem'], resources: [platform.tables[table].tableArn], conditions: ofPartitions(partitions) }),
];

/** Where names are given up: a renamed model, a deleted tag, a freed source run. docs/least-privilege.md lists the partitions. */
export const deleteItems = (platform: Platform, table: TableName, partitions: string[]): PolicyStatement[] => [
  new PolicyStatement({ actions: ['dynamodb:DeleteItem'], resources: [platform.tables[table].tableArn], conditions: ofPartitions(partitions) }),
];

/** Append to the chain: read the head, put the event, move the head. Nothing may be deleted. */
export const appendAudit = (platform: Platform): PolicyStatement[] => [
  ...readTable(platform, 'audit'),
  new PolicyStatement({ actions: ['dynamodb:PutItem', 'dynamodb:UpdateItem'], resources: [platform.tables.audit.tableArn] }),
  useKey(platform.keys.audit, ['kms:GenerateDataKey']),
];

/** PutMetricData knows no resource; the namespace narrows it. */
export const putMetrics = (): PolicyStatement[] => [
  new PolicyStatement({ actions: ['cloudwatch:PutMetricData'], resources: ['*'], conditions: { StringEquals: { 'cloudwatch:namespace': NAMESPACE } } }),
];

/** Registry events onto their bus. */
export const tellOfRegistry = (scope: Construct, { environment }: Platform): PolicyStatement[] => [
  new PolicyStatement({
    actions: ['events:PutEvents'],
    resources: [Stack.of(scope).formatArn({ service: 'events', resource: 'event-bus', resourceName: registryBus(environment) })],
  }),
];

export const startMachine = (stateMachineArn: string): PolicyStatement[] => [new PolicyStatement({ actions: ['states:StartExecution'], resources: [stateMachineArn] })];
