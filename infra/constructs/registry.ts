import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import * as api from '../../lambdas/registry/api/contract.ts';
import { appendAudit, readObjects, readTable, tellOfRegistry, writeItems } from './grants.ts';
import { registryBus } from './names.ts';
import type { Platform } from './platform.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';

/** Partitions that a deprecation writes to (lambdas/adapters/model-version-store.ts): this installation's own versions, and the history. */
const DEPRECATED = ['P#proband#MODEL#*', 'DEPRECATIONS#*'];

/** What there is of a model: versions, history, cards, comparisons, deprecation. */
export class Registry extends Construct {
  readonly api: IFunction;

  constructor(scope: Construct, id: string, platform: Platform, defaults: FunctionDefaults) {
    super(scope, id);
    this.api = new ServiceFunction(this, 'Api', defaults, {
      handler: 'registry/api',
      contract: api.Environment,
      variables: { REGISTRY_TABLE: platform.tables.registry.tableName, AUDIT_TABLE: platform.tables.audit.tableName, REGISTRY_BUS: registryBus(platform.environment) },
      memoryMiB: 512,
      timeout: Duration.seconds(29),
      permissions: [
        ...readTable(platform, 'registry'),
        ...writeItems(platform, 'registry', DEPRECATED),
        ...appendAudit(platform),
        ...readObjects(platform, 'artifacts', 'versions/'),
        ...readObjects(platform, 'artifacts', 'runs/'),
        ...tellOfRegistry(this, platform),
      ],
    }).function;
  }
}
