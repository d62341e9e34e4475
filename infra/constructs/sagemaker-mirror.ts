import { Duration, Stack } from 'aws-cdk-lib';
import { type IEventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { HOME_PROJECT } from '../../lambdas/contracts/project.ts';
import { REGISTRY_SOURCE, type RegistryEventType } from '../../lambdas/contracts/registry-event.ts';
import * as mirror from '../../lambdas/registry/mirror-sagemaker/contract.ts';
import { readItems, writeItems } from './grants.ts';
import { resourceName } from './names.ts';
import type { Platform } from './platform.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';

/** Events after which a version's model package is brought up to date. */
const TOLD: RegistryEventType[] = ['model_version_stage.changed', 'model_version_signature.created', 'model_version_deprecation.changed'];
const VERSIONS = `P#${HOME_PROJECT}#MODEL#*`;
/** as lambdas/adapters/sagemaker-registry.ts names it */
const PACKAGES = 'SAGEMAKER-PACKAGES#*';

/** Our own versions as model packages of SageMaker Model Registry, with their approval; a mirror: nothing is read back from it. */
export class SageMakerMirror extends Construct {
  constructor(scope: Construct, id: string, platform: Platform, defaults: FunctionDefaults, { bus, deadLetters }: { bus: IEventBus; deadLetters: IQueue }) {
    super(scope, id);
    const { environment, tables, sageMaker } = platform;
    if (!sageMaker) throw new Error(`environment ${environment.name} has no sagemaker backend to mirror the registry with`);
    const prefix = resourceName(environment, 'models');
    const arn = (resource: string, resourceName: string) => Stack.of(this).formatArn({ service: 'sagemaker', resource, resourceName });
    const mirroring = new ServiceFunction(this, 'Version', defaults, {
      handler: 'registry/mirror-sagemaker',
      contract: mirror.Environment,
      variables: { REGISTRY_TABLE: tables.registry.tableName, NAME_PREFIX: prefix, CONTAINER_IMAGE: sageMaker.imageUri },
      timeout: Duration.seconds(60),
      permissions: [
        ...readItems(platform, 'registry', [VERSIONS, PACKAGES]),
        ...writeItems(platform, 'registry', [PACKAGES]),
        new PolicyStatement({ actions: ['sagemaker:CreateModelPackageGroup'], resources: [arn('model-package-group', `${prefix}-*`)] }),
        new PolicyStatement({
          actions: ['sagemaker:CreateModelPackage', 'sagemaker:UpdateModelPackage'],
          resources: [arn('model-package-group', `${prefix}-*`), arn('model-package', `${prefix}-*`)],
        }),
      ],
    });
    new Rule(this, 'VersionChanged', {
      ruleName: resourceName(environment, 'mirror-version'),
      description: 'One of our versions changed: bring its model package up to date',
      eventBus: bus,
      eventPattern: { source: [REGISTRY_SOURCE], detailType: TOLD, detail: { project: [HOME_PROJECT] } },
      targets: [new LambdaFunction(mirroring.function, { deadLetterQueue: deadLetters, retryAttempts: 10, maxEventAge: Duration.hours(24) })],
    });
  }
}
