import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { keys } from '../../config/catalog/stores.ts';
import * as api from '../../lambdas/trials/api/contract.ts';
import * as failTrial from '../../lambdas/trials/fail-trial/contract.ts';
import * as prepareTrial from '../../lambdas/trials/prepare-trial/contract.ts';
import * as recordTrial from '../../lambdas/trials/record-trial/contract.ts';
import { SimulateMachine } from '../workflows/simulate.ts';
import { appendAudit, listObjects, readObjects, readTable, startMachine, writeTable } from './grants.ts';
import { machineArn } from './names.ts';
import type { Platform } from './platform.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';

const TRIALS = keys.trial('').replace(/\/+$/, '/');

/** Simulated trials of registered versions. */
export class Trials extends Construct {
  readonly api: IFunction;
  readonly simulate: SimulateMachine;

  constructor(scope: Construct, id: string, platform: Platform, defaults: FunctionDefaults) {
    super(scope, id);
    const { buckets, tables, environment } = platform;
    const REGISTRY_TABLE = tables.registry.tableName;
    const AUDIT_TABLE = tables.audit.tableName;
    const ARTIFACTS_BUCKET = buckets.artifacts.bucketName;
    const SIMULATE_MACHINE_ARN = machineArn(this, environment, 'simulate');
    const documents = [...readTable(platform, 'registry'), ...writeTable(platform, 'registry')];
    const results = [...readObjects(platform, 'artifacts', TRIALS), ...listObjects(platform, 'artifacts', TRIALS)];
    const timeout = Duration.seconds(60);

    this.api = new ServiceFunction(this, 'Api', defaults, {
      handler: 'trials/api',
      contract: api.Environment,
      variables: { REGISTRY_TABLE, AUDIT_TABLE, ARTIFACTS_BUCKET, SIMULATE_MACHINE_ARN },
      memoryMiB: 1024,
      timeout: Duration.seconds(29),
      permissions: [...documents, ...appendAudit(platform), ...results, ...startMachine(SIMULATE_MACHINE_ARN)],
    }).function;

    this.simulate = new SimulateMachine(this, 'Simulate', platform, {
      prepareTrial: new ServiceFunction(this, 'PrepareTrial', defaults, {
        handler: 'trials/prepare-trial',
        contract: prepareTrial.Environment,
        variables: { REGISTRY_TABLE, LAKE_BUCKET: buckets.lake.bucketName, ARTIFACTS_BUCKET },
        timeout,
        permissions: readTable(platform, 'registry'),
      }).function,
      recordTrial: new ServiceFunction(this, 'RecordTrial', defaults, {
        handler: 'trials/record-trial',
        contract: recordTrial.Environment,
        variables: { REGISTRY_TABLE, AUDIT_TABLE, LINEAGE_TABLE: tables.lineage.tableName, ARTIFACTS_BUCKET },
        memoryMiB: 512,
        timeout,
        permissions: [...documents, ...appendAudit(platform), ...writeTable(platform, 'lineage'), ...results],
      }).function,
      failTrial: new ServiceFunction(this, 'FailTrial', defaults, {
        handler: 'trials/fail-trial',
        contract: failTrial.Environment,
        variables: { REGISTRY_TABLE, AUDIT_TABLE },
        timeout,
        permissions: [...documents, ...appendAudit(platform)],
      }).function,
    });
  }
}
