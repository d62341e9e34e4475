import { Duration } from 'aws-cdk-lib';
import { Alias, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import * as predictionApi from '../../lambdas/prediction/api/contract.ts';
import * as recordPredictions from '../../lambdas/prediction/record-predictions/contract.ts';
import * as servingApi from '../../lambdas/serving/api/contract.ts';
import * as completeRollout from '../../lambdas/serving/complete-rollout/contract.ts';
import * as enterStage from '../../lambdas/serving/enter-stage/contract.ts';
import * as judgeStage from '../../lambdas/serving/judge-stage/contract.ts';
import * as refuseRollout from '../../lambdas/serving/refuse-rollout/contract.ts';
import * as rollBack from '../../lambdas/serving/roll-back/contract.ts';
import * as verifySignature from '../../lambdas/serving/verify-signature/contract.ts';
import { RolloutMachine } from '../workflows/rollout.ts';
import { appendAudit, readObjects, readTable, startMachine, tellOfRegistry, writeObjects, writeTable } from './grants.ts';
import { machineArn, registryBus, resourceName } from './names.ts';
import type { Platform } from './platform.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';

/** A message is delivered this often before it goes to the dead-letter queue. */
const DELIVERIES = 5;
const RECORD_TIMEOUT = Duration.seconds(60);

/** Prediction, its record, outcomes, and the rollout of versions. */
export class Serving extends Construct {
  readonly api: IFunction;
  readonly prediction: IFunction;
  readonly predictionDeadLetters: Queue;
  readonly rollout: RolloutMachine;

  private readonly platform: Platform;
  private readonly defaults: FunctionDefaults;

  constructor(scope: Construct, id: string, platform: Platform, defaults: FunctionDefaults) {
    super(scope, id);
    this.platform = platform;
    this.defaults = defaults;
    this.predictionDeadLetters = this.queue('PredictionDeadLetters', 'predictions-dead-letters');
    const predictions = this.queue('Predictions', 'predictions', this.predictionDeadLetters);
    this.prediction = this.predictor(predictions);
    this.recorder(predictions);
    this.api = this.servingApi();
    this.rollout = this.rolloutMachine();
  }

  private queue(id: string, name: string, deadLetters?: Queue): Queue {
    const { environment, keys } = this.platform;
    return new Queue(this, id, {
      queueName: resourceName(environment, name),
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: keys.data,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      ...(deadLetters ? { visibilityTimeout: Duration.seconds(6 * RECORD_TIMEOUT.toSeconds()), deadLetterQueue: { queue: deadLetters, maxReceiveCount: DELIVERIES } } : {}),
    });
  }

  private predictor(predictions: Queue): IFunction {
    const { platform } = this;
    const predictor = new ServiceFunction(this, 'Prediction', this.defaults, {
      handler: 'prediction/api',
      contract: predictionApi.Environment,
      variables: { PREDICTIONS_QUEUE_URL: predictions.queueUrl, ...this.keyring() },
      memoryMiB: 1024,
      timeout: Duration.seconds(29),
      permissions: [
        ...readTable(platform, 'registry'),
        ...this.readVersions(),
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [predictions.queueArn] }),
        new PolicyStatement({ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [platform.keys.data.keyArn] }),
      ],
    });
    const warm = platform.environment.provisionedPredictors;
    return warm === 0
      ? predictor.function
      : new Alias(this, 'WarmPrediction', { aliasName: 'warm', version: predictor.function.currentVersion, provisionedConcurrentExecutions: warm });
  }

  private recorder(predictions: Queue): void {
    const { platform } = this;
    const { tables, buckets } = platform;
    const recorder = new ServiceFunction(this, 'RecordPredictions', this.defaults, {
      handler: 'prediction/record-predictions',
      contract: recordPredictions.Environment,
      variables: {
        MONITORING_TABLE: tables.monitoring.tableName,
        LINEAGE_TABLE: tables.lineage.tableName,
        AUDIT_TABLE: tables.audit.tableName,
        ARTIFACTS_BUCKET: buckets.artifacts.bucketName,
      },
      memoryMiB: 512,
      timeout: RECORD_TIMEOUT,
      permissions: [
        ...readTable(platform, 'monitoring'),
        ...writeTable(platform, 'monitoring'),
        ...writeTable(platform, 'lineage'),
        ...appendAudit(platform),
        ...writeObjects(platform, 'artifacts', 'predictions/'),
      ],
    });
    recorder.function.addEventSource(new SqsEventSource(predictions, { batchSize: 100, maxBatchingWindow: Duration.seconds(2), reportBatchItemFailures: true }));
  }

  private servingApi(): IFunction {
    const { platform } = this;
    const { tables } = platform;
    const arn = machineArn(this, platform.environment, 'rollout');
    return new ServiceFunction(this, 'Api', this.defaults, {
      handler: 'serving/api',
      contract: servingApi.Environment,
      variables: { MONITORING_TABLE: tables.monitoring.tableName, AUDIT_TABLE: tables.audit.tableName, ROLLOUT_MACHINE_ARN: arn, ...this.keyring() },
      memoryMiB: 512,
      timeout: Duration.seconds(29),
      permissions: [
        ...readTable(platform, 'registry'),
        ...writeTable(platform, 'registry'),
        ...readTable(platform, 'monitoring'),
        ...writeTable(platform, 'monitoring'),
        ...appendAudit(platform),
        ...this.readVersions(),
        ...startMachine(arn),
      ],
    }).function;
  }

  private rolloutMachine(): RolloutMachine {
    const { platform, defaults } = this;
    const { tables } = platform;
    const REGISTRY_TABLE = tables.registry.tableName;
    const AUDIT_TABLE = tables.audit.tableName;
    const documents = [...readTable(platform, 'registry'), ...writeTable(platform, 'registry'), ...appendAudit(platform)];
    const REGISTRY_BUS = registryBus(platform.environment);
    const tell = tellOfRegistry(this, platform);
    const timeout = Duration.seconds(60);
    return new RolloutMachine(this, 'Rollout', platform, {
      verifySignature: new ServiceFunction(this, 'VerifySignature', defaults, {
        handler: 'serving/verify-signature',
        contract: verifySignature.Environment,
        variables: { AUDIT_TABLE, ...this.keyring() },
        memoryMiB: 512,
        timeout,
        permissions: [...documents, ...this.readVersions()],
      }).function,
      enterStage: new ServiceFunction(this, 'EnterStage', defaults, {
        handler: 'serving/enter-stage',
        contract: enterStage.Environment,
        variables: { REGISTRY_TABLE, AUDIT_TABLE, REGISTRY_BUS, LINEAGE_TABLE: tables.lineage.tableName },
        timeout,
        permissions: [...documents, ...writeTable(platform, 'lineage'), ...tell],
      }).function,
      judgeStage: new ServiceFunction(this, 'JudgeStage', defaults, {
        handler: 'serving/judge-stage',
        contract: judgeStage.Environment,
        variables: { REGISTRY_TABLE, AUDIT_TABLE, MONITORING_TABLE: tables.monitoring.tableName },
        memoryMiB: 1024,
        timeout,
        permissions: [...documents, ...readTable(platform, 'monitoring')],
      }).function,
      rollBack: new ServiceFunction(this, 'RollBack', defaults, {
        handler: 'serving/roll-back',
        contract: rollBack.Environment,
        variables: { REGISTRY_TABLE, AUDIT_TABLE, REGISTRY_BUS },
        timeout,
        permissions: [...documents, ...tell],
      }).function,
      completeRollout: new ServiceFunction(this, 'CompleteRollout', defaults, {
        handler: 'serving/complete-rollout',
        contract: completeRollout.Environment,
        variables: { REGISTRY_TABLE, AUDIT_TABLE, REGISTRY_BUS },
        timeout,
        permissions: [...documents, ...tell],
      }).function,
      refuseRollout: new ServiceFunction(this, 'RefuseRollout', defaults, {
        handler: 'serving/refuse-rollout',
        contract: refuseRollout.Environment,
        variables: { REGISTRY_TABLE, AUDIT_TABLE },
        timeout,
        permissions: documents,
      }).function,
    });
  }

  /** Where a version's signature is looked up and verified. */
  private keyring(): Record<'REGISTRY_TABLE' | 'LAKE_BUCKET' | 'SIGNATURE_KEY_ID', string> {
    const { tables, buckets, keys } = this.platform;
    return { REGISTRY_TABLE: tables.registry.tableName, LAKE_BUCKET: buckets.lake.bucketName, SIGNATURE_KEY_ID: keys.signature.keyId };
  }

  /** Everything that a version's signature is bound to, to recompute it; and the key's public half. */
  private readVersions(): PolicyStatement[] {
    const { platform } = this;
    return [
      ...readObjects(platform, 'artifacts', 'runs/'),
      ...readObjects(platform, 'lake', 'features/'),
      ...readObjects(platform, 'lake', 'datasets/'),
      new PolicyStatement({ actions: ['kms:GetPublicKey'], resources: [platform.keys.signature.keyArn] }),
    ];
  }
}
