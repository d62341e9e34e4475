import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import * as appendCalls from '../../lambdas/governance/append-audit/contract.ts';
import * as api from '../../lambdas/governance/api/contract.ts';
import * as checkpointChain from '../../lambdas/governance/checkpoint-chain/contract.ts';
import { appendAudit, readTable, writeObjects } from './grants.ts';
import { resourceName } from './names.ts';
import type { Platform } from './platform.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';

const CHECKPOINTS = 'checkpoints/';
const APPEND_TIMEOUT = Duration.seconds(60);

/** The audit chain's export and checkpoints, lineage, health, the API's own description. */
export class Governance extends Construct {
  readonly api: IFunction;
  /** calls whose audit events are appended in batches */
  readonly calls: Queue;
  readonly callsDeadLetters: Queue;

  constructor(scope: Construct, id: string, platform: Platform, defaults: FunctionDefaults) {
    super(scope, id);
    const { tables, buckets, keys, environment } = platform;
    const variables = {
      AUDIT_TABLE: tables.audit.tableName,
      AUDIT_BUCKET: buckets.audit.bucketName,
      CHECKPOINT_KEY_ID: keys.checkpoint.keyId,
    };
    const seal = [
      ...appendAudit(platform),
      ...writeObjects(platform, 'audit', CHECKPOINTS),
      new PolicyStatement({ actions: ['kms:Sign'], resources: [keys.checkpoint.keyArn], conditions: { StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256' } } }),
    ];
    this.api = new ServiceFunction(this, 'Api', defaults, {
      handler: 'governance/api',
      contract: api.Environment,
      variables: { ...variables, LINEAGE_TABLE: tables.lineage.tableName, PROBAND_ENVIRONMENT: environment.name },
      memoryMiB: 1024,
      timeout: Duration.seconds(29),
      permissions: [...seal, new PolicyStatement({ actions: ['kms:GetPublicKey'], resources: [keys.checkpoint.keyArn] }), ...readTable(platform, 'lineage')],
    }).function;
    this.callsDeadLetters = this.queue(platform, 'CallsDeadLetters', 'audit-calls-dead-letters');
    this.calls = this.queue(platform, 'Calls', 'audit-calls', this.callsDeadLetters);
    const append = new ServiceFunction(this, 'AppendAudit', defaults, {
      handler: 'governance/append-audit',
      contract: appendCalls.Environment,
      variables: { AUDIT_TABLE: tables.audit.tableName },
      timeout: APPEND_TIMEOUT,
      permissions: appendAudit(platform),
      reservedConcurrency: 2,
    });
    append.function.addEventSource(new SqsEventSource(this.calls, { batchSize: 200, maxBatchingWindow: Duration.seconds(2), reportBatchItemFailures: true }));
    const checkpoint = new ServiceFunction(this, 'CheckpointChain', defaults, {
      handler: 'governance/checkpoint-chain',
      contract: checkpointChain.Environment,
      variables,
      timeout: Duration.seconds(30),
      permissions: seal,
    });
    new Rule(this, 'Hourly', {
      schedule: Schedule.rate(Duration.hours(1)),
      targets: [new LambdaFunction(checkpoint.function, { retryAttempts: 3, deadLetterQueue: platform.deadEvents })],
    });
  }

  private queue({ environment, keys }: Platform, id: string, name: string, deadLetters?: Queue): Queue {
    return new Queue(this, id, {
      queueName: resourceName(environment, name),
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: keys.audit,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      ...(deadLetters ? { visibilityTimeout: Duration.seconds(6 * APPEND_TIMEOUT.toSeconds()), deadLetterQueue: { queue: deadLetters, maxReceiveCount: 10 } } : {}),
    });
  }
}
