import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MLFLOW_PATHS } from '../../config/catalog/mlflow.ts';
import { ROUTES } from '../../config/catalog/routes.ts';
import { ENVIRONMENTS, onlyResource, resourcesOf, stacksOf } from './assembly.ts';

/** MLflow's protocol, below each project's address */
const MLFLOW_ROUTES = Object.values(MLFLOW_PATHS).flatMap((paths) => paths.map((path) => `ANY /mlflow/{project}/${path}`));

for (const name of ENVIRONMENTS) {
  const stacks = await stacksOf(name);

  test(`${name}: the API has the routes of the catalog and no other; all but the public ones need a token`, () => {
    const { id: authorizerId } = onlyResource(stacks, 'AWS::ApiGatewayV2::Authorizer');
    const made = new Map(resourcesOf(stacks, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => [Properties.RouteKey as string, Properties]));
    assert.deepEqual([...made.keys()].sort(), [...Object.values(ROUTES).map(({ route }) => route), ...MLFLOW_ROUTES].sort());
    for (const route of MLFLOW_ROUTES) {
      assert.equal(made.get(route).AuthorizationType, 'JWT', route);
      assert.match(JSON.stringify(made.get(route).AuthorizerId), new RegExp(authorizerId), route);
    }
    for (const { route, roles } of Object.values(ROUTES)) {
      const { AuthorizationType, AuthorizerId, Target } = made.get(route);
      assert.equal(AuthorizationType, roles === 'public' ? 'NONE' : 'JWT', route);
      if (roles === 'public') assert.equal(AuthorizerId, undefined, route);
      else assert.match(JSON.stringify(AuthorizerId), new RegExp(authorizerId), route);
      assert.ok(Target, route);
    }
  });

  test(`${name}: each service's routes reach its own function`, () => {
    const integrationOf = new Map(resourcesOf(stacks, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => [Properties.RouteKey as string, JSON.stringify(Properties.Target)]));
    const functionsOf = new Map<string, Set<string | undefined>>();
    for (const { route, service } of Object.values(ROUTES)) functionsOf.set(service, (functionsOf.get(service) ?? new Set()).add(integrationOf.get(route)));
    for (const [service, targets] of functionsOf) assert.equal(targets.size, 1, service);
    assert.equal(new Set([...functionsOf.values()].flatMap((targets) => [...targets])).size, functionsOf.size);
  });

  test(`${name}: tokens are of the pool and its client`, () => {
    const { Properties } = onlyResource(stacks, 'AWS::ApiGatewayV2::Authorizer');
    assert.equal(Properties.AuthorizerType, 'JWT');
    assert.match(JSON.stringify(Properties.JwtConfiguration.Issuer), /cognito-idp/);
    assert.equal(Properties.JwtConfiguration.Audience.length, 1);
  });

  test(`${name}: calls are logged without bodies, throttled, and not shared with web pages of others`, () => {
    const { Properties: stage } = onlyResource(stacks, 'AWS::ApiGatewayV2::Stage');
    const { Properties: api } = onlyResource(stacks, 'AWS::ApiGatewayV2::Api');
    assert.ok(stage.AccessLogSettings.DestinationArn);
    assert.doesNotMatch(stage.AccessLogSettings.Format, /body|querystring|\$context\.path\b/i);
    assert.ok(stage.DefaultRouteSettings.ThrottlingRateLimit > 0 && stage.DefaultRouteSettings.ThrottlingBurstLimit > 0);
    assert.equal(api.CorsConfiguration, undefined);
  });
}
