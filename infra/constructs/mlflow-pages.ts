import { Aws, Duration, Stack } from 'aws-cdk-lib';
import { AuthorizerPayloadVersion, HttpAuthorizer, HttpAuthorizerType, type IHttpApi, type IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { MLFLOW_PAGES } from '../../config/catalog/mlflow.ts';
import * as authorize from '../../lambdas/mlflow/authorize/contract.ts';
import * as pages from '../../lambdas/mlflow/pages/contract.ts';
import * as signIn from '../../lambdas/mlflow/sign-in/contract.ts';
import type { Platform } from './platform.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';

/** packing a megabyte into an answer takes a processor's share that comes with memory */
const FILES_MEMORY_MIB = 512;

/** MLflow's web interface with a sign-in of this installation's people in front. None of these functions may call an AWS service. */
export class MlflowPages extends Construct {
  readonly services: Record<keyof typeof MLFLOW_PAGES, IFunction>;
  /** lets in by bearer token or by a browser's session */
  readonly authorizer: IHttpRouteAuthorizer;

  constructor(scope: Construct, id: string, { identity, environment }: Platform, defaults: FunctionDefaults, api: IHttpApi) {
    super(scope, id);
    const variables = { USER_POOL_ID: identity.userPoolId, USER_POOL_CLIENT_ID: identity.clientId };
    this.services = {
      pages: new ServiceFunction(this, 'Pages', defaults, {
        handler: 'mlflow/pages',
        contract: pages.Environment,
        variables: { ...variables, API_PATH: environment.apiPath(api.apiId) },
        memoryMiB: FILES_MEMORY_MIB,
      }).function,
      'sign-in': new ServiceFunction(this, 'SignIn', defaults, { handler: 'mlflow/sign-in', contract: signIn.Environment, variables }).function,
    };
    const authorizing = new ServiceFunction(this, 'Authorize', defaults, { handler: 'mlflow/authorize', contract: authorize.Environment, variables }).function;
    const sessions = new HttpAuthorizer(this, 'Sessions', {
      httpApi: api,
      type: HttpAuthorizerType.LAMBDA,
      authorizerUri: `arn:${Aws.PARTITION}:apigateway:${Aws.REGION}:lambda:path/2015-03-31/functions/${authorizing.functionArn}/invocations`,
      payloadFormatVersion: AuthorizerPayloadVersion.VERSION_2_0,
      enableSimpleResponses: true,
      // API Gateway asks for every source that is named, and either of two is enough here; a kept answer would skip the check of the origin
      identitySource: [],
      resultsCacheTtl: Duration.seconds(0),
    });
    const sourceArn = Stack.of(this).formatArn({ service: 'execute-api', resource: api.apiId, resourceName: `authorizers/${sessions.authorizerId}` });
    authorizing.addPermission('Sessions', { principal: new ServicePrincipal('apigateway.amazonaws.com'), sourceArn });
    this.authorizer = HttpAuthorizer.fromHttpAuthorizerAttributes(this, 'OfRoutes', { authorizerId: sessions.authorizerId, authorizerType: 'CUSTOM' });
  }
}
