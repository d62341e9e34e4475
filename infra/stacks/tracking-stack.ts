import { Stack, type StackProps } from 'aws-cdk-lib';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpMethod, HttpNoneAuthorizer, HttpRoute, HttpRouteKey, type IHttpApi, type IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { MLFLOW_PAGES, MLFLOW_PATHS, MLFLOW_SERVICE_PATHS, MLFLOW_SERVICE_ROOT, type MlflowService, isForBrowsers } from '../../config/catalog/mlflow.ts';
import { ROUTES, TRACKING_SERVICES, operationsOf } from '../../config/catalog/routes.ts';
import { MlflowPages } from '../constructs/mlflow-pages.ts';
import type { Platform } from '../constructs/platform.ts';
import type { FunctionDefaults } from '../constructs/service-function.ts';
import { Projects } from '../constructs/projects.ts';
import { Retention } from '../constructs/retention.ts';
import { SageMakerMirror } from '../constructs/sagemaker-mirror.ts';
import { Tracking } from '../constructs/tracking.ts';
import { Webhooks } from '../constructs/webhooks.ts';

/** What the application shares with this stack. */
export type Shared = { platform: Platform; api: IHttpApi; authorizer: IHttpRouteAuthorizer; auditCalls: IQueue };

/** Experiment tracking and the registry's other face, MLflow's protocol: functions, their routes on the API, webhooks. A stack of its own: one holds 500 resources. */
export class TrackingStack extends Stack {
  constructor(scope: Construct, id: string, { platform, api, authorizer, auditCalls }: Shared, props: StackProps) {
    super(scope, id, props);
    const defaults: FunctionDefaults = { environment: platform.environment, logKey: platform.keys.logs };
    const webhooks = new Webhooks(this, 'Webhooks', platform, defaults, { auditCalls });
    if (platform.environment.sageMakerRegistry === 'mirror') new SageMakerMirror(this, 'SageMakerMirror', platform, defaults, webhooks);
    const tracking = new Tracking(this, 'Tracking', platform, defaults, { auditCalls });
    const pages = new MlflowPages(this, 'Pages', platform, defaults, api);
    const services = { ...tracking.services, webhooks: webhooks.api };
    for (const service of Object.keys(MLFLOW_PATHS) as MlflowService[]) {
      const integration = new HttpLambdaIntegration(`${service}Integration`, services[service]);
      for (const path of MLFLOW_PATHS[service]) {
        const route = `/mlflow/{project}/${path}`;
        new HttpRoute(this, `ANY--${route.replaceAll('/', '--')}`, {
          httpApi: api,
          routeKey: HttpRouteKey.with(route, HttpMethod.ANY),
          integration,
          authorizer: isForBrowsers(path) ? pages.authorizer : authorizer,
        });
      }
      for (const path of MLFLOW_SERVICE_PATHS[service] ?? []) {
        const route = `/${MLFLOW_SERVICE_ROOT}/{project}/${path}`;
        new HttpRoute(this, `ANY--${route.replaceAll('/', '--')}`, {
          httpApi: api,
          routeKey: HttpRouteKey.with(route, HttpMethod.ANY),
          integration,
          authorizer: new HttpIamAuthorizer(),
        });
      }
    }
    for (const service of Object.keys(MLFLOW_PAGES) as (keyof typeof MLFLOW_PAGES)[]) {
      const integration = new HttpLambdaIntegration(`${service}Integration`, pages.services[service]);
      for (const route of MLFLOW_PAGES[service]) {
        const [method, path] = route.split(' ') as [HttpMethod, string | undefined];
        const routeKey = path ? HttpRouteKey.with(path, method) : HttpRouteKey.DEFAULT;
        new HttpRoute(this, `${method}${path?.replaceAll('/', '--') ?? ''}`, { httpApi: api, routeKey, integration, authorizer: new HttpNoneAuthorizer() });
      }
    }
    const projects = new Projects(this, 'Projects', platform, defaults, { auditCalls });
    const retention = new Retention(this, 'Retention', platform, defaults, { auditCalls, deadLetters: webhooks.deadLetters });
    const ours = { ...projects.services, retention: retention.api };
    for (const service of TRACKING_SERVICES) {
      const integration = new HttpLambdaIntegration(`${service}Integration`, ours[service]);
      for (const operation of operationsOf(service)) {
        const [method, path] = ROUTES[operation].route.split(' ') as [HttpMethod, string];
        new HttpRoute(this, `${method}${path.replaceAll('/', '--')}`, { httpApi: api, routeKey: HttpRouteKey.with(path, method), integration, authorizer });
      }
    }
  }
}
