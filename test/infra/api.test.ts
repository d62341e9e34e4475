import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MLFLOW_PAGES, MLFLOW_PATHS, MLFLOW_SERVICE_PATHS, isForBrowsers } from '../../config/catalog/mlflow.ts';
import { ROUTES } from '../../config/catalog/routes.ts';
import { ENVIRONMENTS, type Resource, type Stacks, onlyResource, resourcesOf, stacksOf } from './assembly.ts';

/** MLflow's protocol, below each project's address; what its web interface calls takes a session, too */
const MLFLOW_ROUTES = Object.values(MLFLOW_PATHS).flatMap((paths) => paths.map((path) => ({ route: `ANY /mlflow/{project}/${path}`, session: isForBrowsers(path) })));
/** The same for the platform's own role */
const SERVICE_ROUTES = Object.values(MLFLOW_SERVICE_PATHS).flatMap((paths) => paths.map((path) => `ANY /mlflow-service/{project}/${path}`));
/** The interface's files and the sign-in */
const PAGES: string[] = Object.values(MLFLOW_PAGES).flat();

const authorizerOf = (stacks: Stacks, type: 'JWT' | 'REQUEST'): Resource & { id: string } => {
  const [found, ...others] = resourcesOf(stacks, 'AWS::ApiGatewayV2::Authorizer').filter(([, { Properties }]) => Properties.AuthorizerType === type);
  assert.ok(found && others.length === 0, `exactly one ${type} authorizer`);
  return { id: found[0], ...found[1] };
};

for (const name of ENVIRONMENTS) {
  const stacks = await stacksOf(name);

  test(`${name}: the API has the routes of the catalog and no other; all but the public ones need a token`, () => {
    const { id: authorizerId } = authorizerOf(stacks, 'JWT');
    const { id: sessionsId } = authorizerOf(stacks, 'REQUEST');
    const made = new Map(resourcesOf(stacks, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => [Properties.RouteKey as string, Properties]));
    assert.deepEqual(
      [...made.keys()].sort(),
      [...Object.values(ROUTES), ...MLFLOW_ROUTES]
        .map(({ route }) => route)
        .concat(PAGES, SERVICE_ROUTES)
        .sort(),
    );
    for (const { route, session } of MLFLOW_ROUTES) {
      assert.equal(made.get(route).AuthorizationType, session ? 'CUSTOM' : 'JWT', route);
      assert.match(JSON.stringify(made.get(route).AuthorizerId), new RegExp(session ? sessionsId : authorizerId), route);
    }
    for (const route of SERVICE_ROUTES) assert.equal(made.get(route).AuthorizationType, 'AWS_IAM', route);
    for (const route of PAGES) assert.deepEqual([made.get(route).AuthorizationType, made.get(route).AuthorizerId], ['NONE', undefined], route);
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
    const { Properties } = authorizerOf(stacks, 'JWT');
    assert.match(JSON.stringify(Properties.JwtConfiguration.Issuer), /cognito-idp/);
    assert.equal(Properties.JwtConfiguration.Audience.length, 1);
  });

  test(`${name}: a session is verified at every call, by a function that only this API calls and that may do nothing else`, () => {
    const { id, Properties } = authorizerOf(stacks, 'REQUEST');
    assert.deepEqual([Properties.AuthorizerResultTtlInSeconds, Properties.EnableSimpleResponses, Properties.AuthorizerPayloadFormatVersion], [0, true, '2.0']);
    const functions = new Map(resourcesOf(stacks, 'AWS::Lambda::Function'));
    const verifier = [...functions].find(([logicalId]) => JSON.stringify(Properties.AuthorizerUri).includes(logicalId))!;
    assert.equal(verifier[1].Properties.FunctionName, `proband-${name}-mlflow-authorize`);
    const permissions = resourcesOf(stacks, 'AWS::Lambda::Permission').filter(([, permission]) => JSON.stringify(permission.Properties.FunctionName).includes(verifier[0]));
    assert.equal(permissions.length, 1);
    assert.match(JSON.stringify(permissions[0]![1].Properties.SourceArn), new RegExp(`authorizers/.*${id}`));
    for (const handler of ['authorize', 'pages', 'sign-in']) {
      const [, { Properties: made }] = [...functions].find(([, { Properties: each }]) => each.FunctionName === `proband-${name}-mlflow-${handler}`)!;
      const role = made.Role['Fn::GetAtt'][0] as string;
      const allowed = resourcesOf(stacks, 'AWS::IAM::Policy')
        .filter(([, policy]) => JSON.stringify(policy.Properties.Roles).includes(role))
        .flatMap(([, policy]) => policy.Properties.PolicyDocument.Statement.flatMap(({ Action }: { Action: string | string[] }) => Action));
      assert.deepEqual(allowed.sort(), ['logs:CreateLogStream', 'logs:PutLogEvents', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments'], handler);
    }
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
