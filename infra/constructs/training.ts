import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import * as api from '../../lambdas/training/api/contract.ts';
import * as buildFeatures from '../../lambdas/training/build-features/contract.ts';
import * as decideGates from '../../lambdas/training/decide-gates/contract.ts';
import * as prepareJob from '../../lambdas/training/prepare-job/contract.ts';
import * as prepareRelay from '../../lambdas/training/prepare-relay/contract.ts';
import * as recordEnded from '../../lambdas/training/record-ended/contract.ts';
import * as recordRelay from '../../lambdas/training/record-relay/contract.ts';
import * as registerCandidate from '../../lambdas/training/register-candidate/contract.ts';
import { DevelopMachine } from '../workflows/develop.ts';
import { appendAudit, listObjects, putMetrics, readObjects, readTable, startMachine, writeObjects, writeTable } from './grants.ts';
import { machineArn } from './names.ts';
import type { Platform } from './platform.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';

const RUNS = 'runs/';
const LONG = Duration.minutes(15);

/** Runs: features, split, leakage guard, training, evaluation, gates, candidate. */
export class Training extends Construct {
  readonly api: IFunction;
  readonly develop: DevelopMachine;

  constructor(scope: Construct, id: string, platform: Platform, defaults: FunctionDefaults, { openReview }: { openReview: IFunction }) {
    super(scope, id);
    const { buckets, tables, environment } = platform;
    const [REGISTRY_TABLE, LAKE_TABLE, AUDIT_TABLE, LINEAGE_TABLE] = [tables.registry.tableName, tables.lake.tableName, tables.audit.tableName, tables.lineage.tableName];
    const [LAKE_BUCKET, ARTIFACTS_BUCKET] = [buckets.lake.bucketName, buckets.artifacts.bucketName];
    const registry = [...readTable(platform, 'registry'), ...writeTable(platform, 'registry')];
    const runs = [...readObjects(platform, 'artifacts', RUNS), ...listObjects(platform, 'artifacts', RUNS)];

    const recordsOfJobs = [...readObjects(platform, 'artifacts', 'checkpoints/*/tracking/'), ...listObjects(platform, 'artifacts', 'checkpoints/')];
    const relayed = [...readObjects(platform, 'artifacts', 'runs/*/relay/'), ...listObjects(platform, 'artifacts', RUNS)];

    this.api = new ServiceFunction(this, 'Api', defaults, {
      handler: 'training/api',
      contract: api.Environment,
      variables: { REGISTRY_TABLE, LAKE_TABLE, AUDIT_TABLE, LINEAGE_TABLE, ARTIFACTS_BUCKET, DEVELOP_MACHINE_ARN: machineArn(this, environment, 'develop') },
      permissions: [
        ...registry,
        ...readTable(platform, 'lake'),
        ...appendAudit(platform),
        ...writeTable(platform, 'lineage'),
        ...runs,
        ...startMachine(machineArn(this, environment, 'develop')),
      ],
    }).function;

    const functions = {
      openReview,
      buildFeatures: new ServiceFunction(this, 'BuildFeatures', defaults, {
        handler: 'training/build-features',
        contract: buildFeatures.Environment,
        variables: { REGISTRY_TABLE, LAKE_TABLE, AUDIT_TABLE, LAKE_BUCKET, ARTIFACTS_BUCKET },
        memoryMiB: 2048,
        timeout: LONG,
        permissions: [
          ...registry,
          ...readTable(platform, 'lake'),
          ...appendAudit(platform),
          ...readObjects(platform, 'lake', 'omop/'),
          ...readObjects(platform, 'lake', 'datasets/'),
          ...writeObjects(platform, 'lake', 'features/'),
          ...writeObjects(platform, 'artifacts', RUNS),
        ],
      }).function,
      prepareJob: new ServiceFunction(this, 'PrepareJob', defaults, {
        handler: 'training/prepare-job',
        contract: prepareJob.Environment,
        variables: { REGISTRY_TABLE, LAKE_TABLE, LAKE_BUCKET, ARTIFACTS_BUCKET, JOB_TRACKING: platform.sageMaker ? 'spool' : '' },
        timeout: Duration.minutes(5),
        permissions: [...registry, ...readTable(platform, 'lake'), ...runs],
      }).function,
      prepareRelay: new ServiceFunction(this, 'PrepareRelay', defaults, {
        handler: 'training/prepare-relay',
        contract: prepareRelay.Environment,
        variables: { REGISTRY_TABLE, ARTIFACTS_BUCKET, TRACKER_URL: platform.sageMaker?.trackerUrl ?? '' },
        permissions: [...readTable(platform, 'registry'), ...recordsOfJobs, ...relayed],
      }).function,
      recordRelay: new ServiceFunction(this, 'RecordRelay', defaults, {
        handler: 'training/record-relay',
        contract: recordRelay.Environment,
        variables: { REGISTRY_TABLE, AUDIT_TABLE, ARTIFACTS_BUCKET },
        permissions: [...registry, ...appendAudit(platform), ...relayed, ...putMetrics()],
      }).function,
      decideGates: new ServiceFunction(this, 'DecideGates', defaults, {
        handler: 'training/decide-gates',
        contract: decideGates.Environment,
        variables: { REGISTRY_TABLE, AUDIT_TABLE, ARTIFACTS_BUCKET },
        timeout: Duration.minutes(5),
        permissions: [...registry, ...appendAudit(platform), ...runs, ...writeObjects(platform, 'artifacts', RUNS)],
      }).function,
      registerCandidate: new ServiceFunction(this, 'RegisterCandidate', defaults, {
        handler: 'training/register-candidate',
        contract: registerCandidate.Environment,
        variables: { REGISTRY_TABLE, LAKE_TABLE, AUDIT_TABLE, LINEAGE_TABLE, ARTIFACTS_BUCKET },
        timeout: Duration.minutes(1),
        permissions: [
          ...registry,
          ...readTable(platform, 'lake'),
          ...appendAudit(platform),
          ...writeTable(platform, 'lineage'),
          ...runs,
          ...writeObjects(platform, 'artifacts', 'versions/'),
        ],
      }).function,
      recordEnded: new ServiceFunction(this, 'RecordEnded', defaults, {
        handler: 'training/record-ended',
        contract: recordEnded.Environment,
        variables: { REGISTRY_TABLE, AUDIT_TABLE },
        permissions: [...registry, ...appendAudit(platform)],
      }).function,
    };
    this.develop = new DevelopMachine(this, 'Develop', platform, functions);
  }
}
