import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import * as api from '../../lambdas/review/api/contract.ts';
import * as awaitDecision from '../../lambdas/review/await-decision/contract.ts';
import * as openReview from '../../lambdas/review/open-review/contract.ts';
import * as recordDecision from '../../lambdas/review/record-decision/contract.ts';
import * as signing from '../../lambdas/signing/api/contract.ts';
import { ReviewMachine } from '../workflows/review.ts';
import { appendAudit, readObjects, readTable, startMachine, writeObjects, writeTable } from './grants.ts';
import { machineArn } from './names.ts';
import type { Platform } from './platform.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';

/** Clinical review: the dossier, the waiting machine, the signature. */
export class Review extends Construct {
  readonly api: IFunction;
  readonly signing: IFunction;
  readonly openReview: IFunction;

  constructor(scope: Construct, id: string, platform: Platform, defaults: FunctionDefaults) {
    super(scope, id);
    const { tables, buckets, keys, identity, environment } = platform;
    const [REGISTRY_TABLE, LAKE_TABLE, AUDIT_TABLE, LINEAGE_TABLE, ARTIFACTS_BUCKET] = [tables.registry.tableName, tables.lake.tableName, tables.audit.tableName, tables.lineage.tableName, buckets.artifacts.bucketName];
    const SIGNATURE_KEY_ID = keys.signature.keyId;
    const REVIEW_MACHINE_ARN = machineArn(this, environment, 'review');
    const registry = [...readTable(platform, 'registry'), ...writeTable(platform, 'registry')];
    const answer = new PolicyStatement({ actions: ['states:SendTaskSuccess'], resources: [REVIEW_MACHINE_ARN] });
    /** what a signature is bound to, to recompute it */
    const signedBytes = [...readObjects(platform, 'artifacts', 'runs/'), ...readObjects(platform, 'lake', 'datasets/')];

    this.api = new ServiceFunction(this, 'Api', defaults, {
      handler: 'review/api',
      contract: api.Environment,
      variables: { REGISTRY_TABLE, AUDIT_TABLE, ARTIFACTS_BUCKET },
      permissions: [...readTable(platform, 'registry'), ...appendAudit(platform), ...readObjects(platform, 'artifacts', 'reviews/')],
    }).function;

    this.signing = new ServiceFunction(this, 'Signing', defaults, {
      handler: 'signing/api',
      contract: signing.Environment,
      variables: { REGISTRY_TABLE, AUDIT_TABLE, LINEAGE_TABLE, SIGNATURE_KEY_ID, USER_POOL_ID: identity.userPoolId, USER_POOL_CLIENT_ID: identity.clientId },
      permissions: [...registry, ...appendAudit(platform), ...writeTable(platform, 'lineage'), answer, new PolicyStatement({ actions: ['kms:Sign'], resources: [keys.signature.keyArn], conditions: { StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256' } } })],
    }).function;

    this.openReview = new ServiceFunction(this, 'OpenReview', defaults, {
      handler: 'review/open-review',
      contract: openReview.Environment,
      variables: { REGISTRY_TABLE, LAKE_TABLE, AUDIT_TABLE, LINEAGE_TABLE, ARTIFACTS_BUCKET, REVIEW_MACHINE_ARN },
      memoryMiB: 1024,
      timeout: Duration.minutes(2),
      permissions: [...registry, ...appendAudit(platform), ...writeTable(platform, 'lineage'), ...signedBytes, ...writeObjects(platform, 'artifacts', 'reviews/'), ...startMachine(REVIEW_MACHINE_ARN)],
    }).function;

    const functions = {
      awaitDecision: new ServiceFunction(this, 'AwaitDecision', defaults, { handler: 'review/await-decision', contract: awaitDecision.Environment, variables: { REGISTRY_TABLE }, permissions: [...registry, answer] }).function,
      recordDecision: new ServiceFunction(this, 'RecordDecision', defaults, {
        handler: 'review/record-decision',
        contract: recordDecision.Environment,
        variables: { REGISTRY_TABLE, AUDIT_TABLE, SIGNATURE_KEY_ID },
        timeout: Duration.minutes(2),
        permissions: [...registry, ...appendAudit(platform), ...signedBytes, new PolicyStatement({ actions: ['kms:Verify'], resources: [keys.signature.keyArn] })],
      }).function,
    };
    new ReviewMachine(this, 'Machine', platform, functions);
  }
}
