import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import * as api from '../../lambdas/governance/api/contract.ts';
import * as checkpointChain from '../../lambdas/governance/checkpoint-chain/contract.ts';
import { appendAudit, readTable, writeObjects } from './grants.ts';
import type { Platform } from './platform.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';

const CHECKPOINTS = 'checkpoints/';

/** The audit chain's export and checkpoints, lineage, health, the API's own description. */
export class Governance extends Construct {
  readonly api: IFunction;

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
}
