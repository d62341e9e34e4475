import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../../config/environments/environment.ts';
import type { MachineName } from '../../config/catalog/machines.ts';

export const resourceName = (environment: Environment, thing: string): string => `proband-${environment.name}-${thing}`;

/** The bus of registry events, by its name, so that who publishes need not wait for who listens. */
export const registryBus = (environment: Environment): string => resourceName(environment, 'registry');

/** A machine's ARN by its name, so that capabilities start one another's machines without a cycle of references. */
export const machineArn = (scope: Construct, environment: Environment, machine: MachineName): string =>
  Stack.of(scope).formatArn({ service: 'states', resource: 'stateMachine', resourceName: resourceName(environment, machine), arnFormat: ArnFormat.COLON_RESOURCE_NAME });
