import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import * as api from '../../lambdas/review/api/contract.ts';
import * as awaitDecision from '../../lambdas/review/await-decision/contract.ts';
import * as expireReview from '../../lambdas/review/expire-review/contract.ts';
import * as openReview from '../../lambdas/review/open-review/contract.ts';
import * as recordApproval from '../../lambdas/review/record-approval/contract.ts';
import * as recordRejection from '../../lambdas/review/record-rejection/contract.ts';
import * as verifyDecision from '../../lambdas/review/verify-decision/contract.ts';
import * as signing from '../../lambdas/signing/api/contract.ts';
import { ReviewMachine } from '../workflows/review.ts';
import { appendAudit, readObjects, readTable, startMachine, tellOfRegistry, writeObjects, writeTable } from './grants.ts';
import { machineArn, registryBus } from './names.ts';
import type { Platform } from './platform.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';

const RUNS = 'runs/';
const REVIEWS = 'reviews/';
const DATASETS = 'datasets/';
const SHORT = Duration.seconds(30);
/** Every byte of a version is read and hashed. */
const HASHING = Duration.minutes(2);

/** Clinical review: the dossier, the waiting machine, the signature. */
export class Review extends Construct {
  readonly api: IFunction;
  /** the only function that may use the signature key to sign */
  readonly signing: IFunction;
  readonly openReview: IFunction;
  readonly machine: ReviewMachine;

  private readonly platform: Platform;
  private readonly defaults: FunctionDefaults;

  constructor(scope: Construct, id: string, platform: Platform, defaults: FunctionDefaults) {
    super(scope, id);
    this.platform = platform;
    this.defaults = defaults;
    this.api = this.reviewApi();
    this.signing = this.signingApi();
    this.openReview = this.opener();
    this.machine = this.reviewMachine();
  }

  private reviewApi(): IFunction {
    const { platform } = this;
    return new ServiceFunction(this, 'Api', this.defaults, {
      handler: 'review/api',
      contract: api.Environment,
      variables: this.tableNames(),
      timeout: SHORT,
      permissions: [...readTable(platform, 'registry'), ...appendAudit(platform), ...readObjects(platform, 'artifacts', REVIEWS)],
    }).function;
  }

  private signingApi(): IFunction {
    const { platform } = this;
    const { keys, tables, identity } = platform;
    return new ServiceFunction(this, 'Signing', this.defaults, {
      handler: 'signing/api',
      contract: signing.Environment,
      variables: {
        ...this.tableNames(),
        LINEAGE_TABLE: tables.lineage.tableName,
        SIGNATURE_KEY_ID: keys.signature.keyId,
        USER_POOL_ID: identity.userPoolId,
        USER_POOL_CLIENT_ID: identity.clientId,
      },
      timeout: SHORT,
      permissions: [
        ...this.registry(),
        ...appendAudit(platform),
        ...writeTable(platform, 'lineage'),
        new PolicyStatement({ actions: ['kms:Sign'], resources: [keys.signature.keyArn], conditions: { StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256' } } }),
        this.answerMachine(),
      ],
    }).function;
  }

  private opener(): IFunction {
    const { platform } = this;
    const { tables, buckets, environment } = platform;
    const arn = machineArn(this, environment, 'review');
    return new ServiceFunction(this, 'OpenReview', this.defaults, {
      handler: 'review/open-review',
      contract: openReview.Environment,
      variables: {
        ...this.tableNames(),
        LAKE_TABLE: tables.lake.tableName,
        LINEAGE_TABLE: tables.lineage.tableName,
        LAKE_BUCKET: buckets.lake.bucketName,
        ARTIFACTS_BUCKET: buckets.artifacts.bucketName,
        REVIEW_MACHINE_ARN: arn,
        REVIEW_EXPIRES_DAYS: String(environment.reviewExpiresDays),
        REGISTRY_BUS: registryBus(environment),
      },
      memoryMiB: 1024,
      timeout: HASHING,
      permissions: [
        ...this.registry(),
        ...readTable(platform, 'lake'),
        ...appendAudit(platform),
        ...writeTable(platform, 'lineage'),
        ...this.readVersions(),
        ...writeObjects(platform, 'artifacts', REVIEWS),
        ...startMachine(arn),
        ...tellOfRegistry(this, platform),
      ],
    }).function;
  }

  private reviewMachine(): ReviewMachine {
    const { platform, defaults } = this;
    const variables = this.tableNames();
    const permissions = [...this.registry(), ...appendAudit(platform)];
    const telling = { ...variables, REGISTRY_BUS: registryBus(platform.environment) };
    return new ReviewMachine(this, 'Machine', platform, {
      awaitDecision: new ServiceFunction(this, 'AwaitDecision', defaults, {
        handler: 'review/await-decision',
        contract: awaitDecision.Environment,
        variables: { REGISTRY_TABLE: variables.REGISTRY_TABLE },
        timeout: SHORT,
        permissions: [...this.registry(), this.answerMachine()],
      }).function,
      verifyDecision: new ServiceFunction(this, 'VerifyDecision', defaults, {
        handler: 'review/verify-decision',
        contract: verifyDecision.Environment,
        variables: { ...variables, LAKE_BUCKET: platform.buckets.lake.bucketName, SIGNATURE_KEY_ID: platform.keys.signature.keyId },
        memoryMiB: 512,
        timeout: HASHING,
        permissions: [
          ...readTable(platform, 'registry'),
          ...appendAudit(platform),
          ...this.readVersions(),
          new PolicyStatement({ actions: ['kms:GetPublicKey'], resources: [platform.keys.signature.keyArn] }),
        ],
      }).function,
      recordApproval: new ServiceFunction(this, 'RecordApproval', defaults, {
        handler: 'review/record-approval',
        contract: recordApproval.Environment,
        variables: telling,
        timeout: SHORT,
        permissions: [...permissions, ...tellOfRegistry(this, platform)],
      }).function,
      recordRejection: new ServiceFunction(this, 'RecordRejection', defaults, {
        handler: 'review/record-rejection',
        contract: recordRejection.Environment,
        variables: telling,
        timeout: SHORT,
        permissions: [...permissions, ...tellOfRegistry(this, platform)],
      }).function,
      expireReview: new ServiceFunction(this, 'ExpireReview', defaults, {
        handler: 'review/expire-review',
        contract: expireReview.Environment,
        variables: telling,
        timeout: SHORT,
        permissions: [...permissions, ...tellOfRegistry(this, platform)],
      }).function,
    });
  }

  private tableNames() {
    const { tables } = this.platform;
    return { REGISTRY_TABLE: tables.registry.tableName, AUDIT_TABLE: tables.audit.tableName };
  }

  private registry(): PolicyStatement[] {
    return [...readTable(this.platform, 'registry'), ...writeTable(this.platform, 'registry')];
  }

  /** The bytes that a signature is bound to. */
  private readVersions(): PolicyStatement[] {
    return [...readObjects(this.platform, 'artifacts', RUNS), ...readObjects(this.platform, 'lake', DATASETS)];
  }

  /** A task token's owner is a machine of this account; the action has no narrower resource than its machine. */
  private answerMachine(): PolicyStatement {
    return new PolicyStatement({ actions: ['states:SendTaskSuccess'], resources: [machineArn(this, this.platform.environment, 'review')] });
  }
}
