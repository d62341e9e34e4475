import { Duration } from 'aws-cdk-lib';
import { JsonPath, Timeout } from 'aws-cdk-lib/aws-stepfunctions';
import { CallAwsService } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type { Platform } from '../constructs/platform.ts';
import { retryFaults } from './retry.ts';

/** Asks ECR for the digest behind the image's tag, which may be moved: from here on jobs name the digest. `reference` is what they name. */
export const imageByDigest = (
  scope: Construct,
  id: string,
  image: NonNullable<Platform['sageMaker']>['image'],
  resultPath: string,
): { state: CallAwsService; reference: string } => {
  const state = new CallAwsService(scope, id, {
    service: 'ecr',
    action: 'describeImages',
    parameters: { RepositoryName: image.repositoryName, ImageIds: [{ ImageTag: image.tag }] },
    iamResources: [image.repositoryArn],
    resultSelector: { digest: JsonPath.stringAt('$.ImageDetails[0].ImageDigest') },
    resultPath,
    taskTimeout: Timeout.duration(Duration.minutes(1)),
  });
  retryFaults(state);
  return { state, reference: JsonPath.format(`${image.repositoryUri}@{}`, JsonPath.stringAt(`${resultPath}.digest`)) };
};
