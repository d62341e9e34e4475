import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type CfnStage, HttpApi as Api, type HttpMethod, HttpNoneAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ROUTES, TRACKING_SERVICES, type ServiceName, type TrackingService } from '../../config/catalog/routes.ts';
import { resourceName } from './names.ts';
import type { Platform } from './platform.ts';

/** requests a second, and the burst above, before a caller is told 429 */
const THROTTLE = { rate: 200, burst: 400 };

/** One permission for a function, of this API alone: a permission for each of its routes says no more and fills the stack. */
const ANY_ROUTE = { scopePermissionToRoute: false };

type AppService = Exclude<ServiceName, TrackingService>;

const isOfApp = (service: ServiceName): service is AppService => !(TRACKING_SERVICES as readonly ServiceName[]).includes(service);

/** The API: one route per operation of the catalog, verified tokens before any function runs; the tracking stack adds those of its own services. */
export class HttpApi extends Construct {
  readonly api: Api;
  readonly authorizer: HttpJwtAuthorizer;
  readonly url: string;
  readonly apiId: string;

  constructor(scope: Construct, id: string, platform: Platform, services: Record<AppService, IFunction>) {
    super(scope, id);
    const { environment, identity, keys } = platform;
    const issuer = `https://cognito-idp.${Stack.of(this).region}.amazonaws.com/${identity.userPoolId}`;
    this.authorizer = new HttpJwtAuthorizer('Tokens', issuer, { jwtAudience: [identity.clientId] });
    this.api = new Api(this, 'Api', { apiName: resourceName(environment, 'api'), createDefaultStage: true, disableExecuteApiEndpoint: false });
    const integrations = new Map<AppService, HttpLambdaIntegration>();
    for (const { route, service, roles } of Object.values(ROUTES)) {
      if (!isOfApp(service)) continue;
      const [method, path] = route.split(' ') as [HttpMethod, string];
      const integration = integrations.get(service) ?? new HttpLambdaIntegration(`${service}Integration`, services[service], ANY_ROUTE);
      integrations.set(service, integration);
      this.api.addRoutes({ path, methods: [method], integration, authorizer: roles === 'public' ? new HttpNoneAuthorizer() : this.authorizer });
    }
    const logs = new LogGroup(this, 'AccessLogs', {
      logGroupName: `/aws/vendedlogs/apigateway/${resourceName(environment, 'api')}`,
      retention: environment.logRetentionDays as RetentionDays,
      encryptionKey: keys.logs,
      removalPolicy: environment.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const stage = this.api.defaultStage!.node.defaultChild as CfnStage;
    stage.accessLogSettings = {
      destinationArn: logs.logGroupArn,
      format: JSON.stringify({
        requestId: '$context.requestId',
        at: '$context.requestTime',
        ip: '$context.identity.sourceIp',
        route: '$context.routeKey',
        status: '$context.status',
        milliseconds: '$context.responseLatency',
        subject: '$context.authorizer.claims.sub',
      }),
    };
    stage.defaultRouteSettings = { throttlingRateLimit: THROTTLE.rate, throttlingBurstLimit: THROTTLE.burst, detailedMetricsEnabled: true };
    this.url = this.api.apiEndpoint;
    this.apiId = this.api.apiId;
  }
}
