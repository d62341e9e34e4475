import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { MlflowService } from '../../config/catalog/mlflow.ts';
import * as artifacts from '../../lambdas/mlflow/artifacts/contract.ts';
import * as graphql from '../../lambdas/mlflow/graphql/contract.ts';
import * as registry from '../../lambdas/mlflow/registry/contract.ts';
import * as tracking from '../../lambdas/mlflow/tracking/contract.ts';
import { batchItems, deleteItems, listObjects, readObjects, readItems, readTable, tellOfRegistry, writeItems, writeObjects, writeTable } from './grants.ts';
import { registryBus } from './names.ts';
import type { Platform } from './platform.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';

/** A search reads an experiment's whole index: it needs less memory, and the whole core that Lambda gives with so much. */
const TRACKING_MEMORY_MIB = 1769;
/** A search reads all models of a project. */
const SEARCH_MEMORY_MIB = 1024;
/** where projects' artifacts lie */
const PROJECTS = 'projects/';
/** partitions of the tracking table, as lambdas/adapters/project-store.ts and tracking/addresses.ts name them */
const PROJECT = 'PROJECTS';
/** what the tracking function writes in batches, and what it deletes */
const BATCHED = ['P#*#RUN#*', 'P#*#LOGGED-MODEL#*', 'P#*#BLOCK#*', 'P#*#EVALUATION-*', 'P#*#EXPERIMENT-EVALUATION-DATASETS#*'];
const DELETED = ['P#*#RUN#*', 'P#*#INDEX#*', 'P#*#BLOCK#*', 'P#*#EXPERIMENT-NAMES', 'P#*#EVALUATION-*', 'P#*#EXPERIMENT-EVALUATION-DATASETS#*'];
const LOGGED_MODELS = ['P#*#LOGGED-MODEL#*', 'P#*#LOGGED-MODELS#*'];
/** partitions of the registry's table, as lambdas/adapters/registered-model-store.ts and version-sources.ts name them */
const MODELS = ['P#*#MODELS', 'P#*#MODEL#*', 'P#*#MODEL-HISTORY#*', 'P#*#DELETED-MODELS'];
const SOURCES = ['P#*#SOURCE-RUN#*', 'P#*#SOURCE-MODEL#*'];

/** What MLflow's clients speak to: experiments, runs, metrics, logged models; registered models and their versions. */
export class Tracking extends Construct {
  readonly services: Record<Exclude<MlflowService, 'webhooks'>, IFunction>;

  constructor(scope: Construct, id: string, platform: Platform, defaults: FunctionDefaults, { auditCalls }: { auditCalls: IQueue }) {
    super(scope, id);
    const { tables, buckets, keys, environment } = platform;
    const variables = {
      TRACKING_TABLE: tables.tracking.tableName,
      REGISTRY_TABLE: tables.registry.tableName,
      AUDIT_QUEUE_URL: auditCalls.queueUrl,
      PROJECTS_ON_FIRST_USE: environment.projectsOnFirstUse,
    };
    const audit = [
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [auditCalls.queueArn] }),
      new PolicyStatement({ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [keys.audit.keyArn] }),
    ];
    const ofProjects = [...readItems(platform, 'tracking', [PROJECT, ...LOGGED_MODELS]), ...writeItems(platform, 'tracking', [PROJECT]), ...audit];
    const api = { variables, memoryMiB: SEARCH_MEMORY_MIB, timeout: Duration.seconds(29) };
    this.services = {
      tracking: new ServiceFunction(this, 'Runs', defaults, {
        ...api,
        memoryMiB: TRACKING_MEMORY_MIB,
        handler: 'mlflow/tracking',
        contract: tracking.Environment,
        permissions: [
          ...readTable(platform, 'tracking'),
          ...writeTable(platform, 'tracking'),
          ...batchItems(platform, 'tracking', BATCHED),
          ...deleteItems(platform, 'tracking', DELETED),
          ...readItems(platform, 'registry', SOURCES),
          ...audit,
        ],
      }).function,
      registry: new ServiceFunction(this, 'Models', defaults, {
        ...api,
        handler: 'mlflow/registry',
        variables: { ...variables, REGISTRY_BUS: registryBus(environment) },
        contract: registry.Environment,
        permissions: [
          ...ofProjects,
          ...writeItems(platform, 'tracking', LOGGED_MODELS),
          ...readItems(platform, 'registry', [...MODELS, ...SOURCES]),
          ...writeItems(platform, 'registry', [...MODELS, ...SOURCES]),
          ...deleteItems(platform, 'registry', ['P#*#MODELS', ...SOURCES]),
          ...tellOfRegistry(this, platform),
        ],
      }).function,
      graphql: new ServiceFunction(this, 'Graphql', defaults, {
        ...api,
        handler: 'mlflow/graphql',
        contract: graphql.Environment,
        permissions: [...ofProjects, ...readItems(platform, 'tracking', ['P#*#RUN#*', 'P#*#EXPERIMENTS']), ...readItems(platform, 'registry', MODELS)],
      }).function,
      artifacts: new ServiceFunction(this, 'Artifacts', defaults, {
        ...api,
        variables: { ...variables, ARTIFACTS_BUCKET: buckets.artifacts.bucketName },
        handler: 'mlflow/artifacts',
        contract: artifacts.Environment,
        permissions: [
          ...ofProjects,
          ...readItems(platform, 'tracking', ['P#*#RUN#*']),
          ...readItems(platform, 'registry', [...MODELS, ...SOURCES]),
          ...readObjects(platform, 'artifacts', PROJECTS),
          ...writeObjects(platform, 'artifacts', PROJECTS),
          ...listObjects(platform, 'artifacts', PROJECTS),
          new PolicyStatement({ actions: ['s3:DeleteObject', 's3:AbortMultipartUpload'], resources: [buckets.artifacts.arnForObjects(`${PROJECTS}*`)] }),
        ],
      }).function,
    };
  }
}
