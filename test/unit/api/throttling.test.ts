import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProvisionedThroughputExceededException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2, APIGatewayProxyEventV2WithJWTAuthorizer } from 'aws-lambda';

process.env['POWERTOOLS_LOG_LEVEL'] = 'SILENT';
const { serve } = await import('../../../lambdas/adapters/api.ts');
const { serveMlflow } = await import('../../../lambdas/adapters/mlflow-api.ts');

const metadata = { message: 'busy', $metadata: {} };
const THROTTLED = [
  new ProvisionedThroughputExceededException(metadata),
  new TransactionCanceledException({ ...metadata, CancellationReasons: [{ Code: 'None' }, { Code: 'ThrottlingError' }] }),
  Object.assign(new Error('busy'), { name: 'ThrottlingException' }),
  Object.assign(new Error('busy'), { name: 'SlowDown' }),
];
const FAULTS = [
  new Error('a fault'),
  Object.assign(new Error('denied'), { name: 'AccessDeniedException' }),
  new TransactionCanceledException({ ...metadata, CancellationReasons: [{ Code: 'ConditionalCheckFailed' }] }),
];
const claims = { sub: 's', username: 'ann', 'cognito:groups': '[data-scientist]' };
const requestContext = { requestId: 'r', authorizer: { jwt: { claims, scopes: [] } } };

describe('a call that AWS throttled', () => {
  const own = async (error: Error) => {
    const audited: string[] = [];
    const answer = await serve(
      {
        listRuns: async () => {
          throw error;
        },
      },
      async ({ result }) => void audited.push(result),
    )({ routeKey: 'GET /v1/runs', headers: {}, requestContext: { ...requestContext, http: { method: 'GET' } } } as unknown as APIGatewayProxyEventV2WithJWTAuthorizer);
    return { status: answer.statusCode, after: answer.headers?.['retry-after'], body: JSON.parse(answer.body!), audited };
  };
  /** the project's table cannot be reached */
  const mlflow = async (error: Error) => {
    const { dynamo } = await import('../../../lambdas/adapters/clients.ts');
    process.env['AWS_REGION'] = 'eu-central-1';
    const client = dynamo();
    const send = client.send;
    client.send = (() => Promise.reject(error)) as never;
    try {
      const served = serveMlflow({ searchExperiments: async () => ({ ok: true as const, value: {} }) }, { table: 't', onFirstUse: 'no' }, async () => undefined);
      const answer = await served({
        routeKey: 'ANY /mlflow/{project}/api/2.0/mlflow/experiments/{proxy+}',
        pathParameters: { project: 'p', proxy: 'search' },
        headers: {},
        rawQueryString: '',
        requestContext: { ...requestContext, http: { method: 'POST' } },
      } as unknown as APIGatewayProxyEventV2);
      return { status: answer.statusCode, after: answer.headers?.['retry-after'], body: JSON.parse(answer.body!) };
    } finally {
      client.send = send;
    }
  };

  it('is answered 429 with when to try again, by both faces, and audited as refused', async () => {
    for (const error of THROTTLED) {
      const answer = await own(error);
      assert.deepEqual([answer.status, answer.after, answer.body.title, answer.audited], [429, '1', 'Too many requests', ['refused']], error.name);
      const other = await mlflow(error);
      assert.deepEqual([other.status, other.after, other.body.error_code], [429, '1', 'RESOURCE_EXHAUSTED'], error.name);
    }
  });

  it('is no excuse for a fault', async () => {
    for (const error of FAULTS) {
      assert.deepEqual([(await own(error)).status, (await own(error)).audited], [500, ['fault']], error.name);
      assert.equal((await mlflow(error)).status, 500, error.name);
    }
  });
});
