import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { Environment } from '../../lambdas/projects/retention/contract.ts';
import { deleteItems, listObjects, readBatches, readItems, writeItems } from './grants.ts';
import { resourceName } from './names.ts';
import type { Platform } from './platform.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';

/** partitions of the tracking table and of the registry's, as lambdas/adapters/tracking/addresses.ts, project-store.ts and version-sources.ts name them */
const RUNS = 'P#*#RUN#*';
const INDEX = 'P#*#INDEX#*';
const READ = ['PROJECTS', 'P#*#EXPERIMENTS', RUNS, INDEX];
const BLOCKS = 'P#*#BLOCK#*';
const SOURCES = 'P#*#SOURCE-RUN#*';
/** where projects' artifacts lie */
const ARTIFACTS = 'projects/';

/** What may vanish by its project's rules does: once a day, and when somebody asks for it. No function of it can write registry state or read an artifact. */
export class Retention extends Construct {
  readonly api: IFunction;

  constructor(scope: Construct, id: string, platform: Platform, defaults: FunctionDefaults, { auditCalls, deadLetters }: { auditCalls: IQueue; deadLetters: IQueue }) {
    super(scope, id);
    const { tables, buckets, keys, environment } = platform;
    const of = {
      contract: Environment,
      variables: {
        TRACKING_TABLE: tables.tracking.tableName,
        REGISTRY_TABLE: tables.registry.tableName,
        ARTIFACTS_BUCKET: buckets.artifacts.bucketName,
        AUDIT_QUEUE_URL: auditCalls.queueUrl,
      },
      memoryMiB: 1024,
      permissions: [
        ...readItems(platform, 'tracking', READ),
        ...readBatches(platform, 'tracking', [BLOCKS]),
        ...writeItems(platform, 'tracking', [RUNS, INDEX]),
        ...deleteItems(platform, 'tracking', [RUNS]),
        ...readItems(platform, 'registry', [SOURCES]),
        ...listObjects(platform, 'artifacts', ARTIFACTS),
        new PolicyStatement({ actions: ['s3:DeleteObject'], resources: [buckets.artifacts.arnForObjects(`${ARTIFACTS}*`)] }),
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [auditCalls.queueArn] }),
        new PolicyStatement({ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [keys.audit.keyArn] }),
      ],
    };
    this.api = new ServiceFunction(this, 'Api', defaults, { ...of, handler: 'projects/retention', timeout: Duration.seconds(29) }).function;
    const day = new ServiceFunction(this, 'Day', defaults, { ...of, handler: 'projects/retention-day', timeout: Duration.minutes(15) });
    new Rule(this, 'Daily', {
      ruleName: resourceName(environment, 'retention'),
      description: 'What may vanish by its project’s rules does',
      schedule: Schedule.rate(Duration.days(1)),
      targets: [new LambdaFunction(day.function, { retryAttempts: 2, deadLetterQueue: deadLetters })],
    });
  }
}
