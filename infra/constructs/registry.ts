import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import * as api from '../../lambdas/registry/api/contract.ts';
import { appendAudit, readObjects, readTable } from './grants.ts';
import type { Platform } from './platform.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';

/** What there is of a model: versions, history, cards. */
export class Registry extends Construct {
  readonly api: IFunction;

  constructor(scope: Construct, id: string, platform: Platform, defaults: FunctionDefaults) {
    super(scope, id);
    this.api = new ServiceFunction(this, 'Api', defaults, {
      handler: 'registry/api',
      contract: api.Environment,
      variables: { REGISTRY_TABLE: platform.tables.registry.tableName, AUDIT_TABLE: platform.tables.audit.tableName },
      permissions: [...readTable(platform, 'registry'), ...appendAudit(platform), ...readObjects(platform, 'artifacts', 'versions/')],
    }).function;
  }
}
