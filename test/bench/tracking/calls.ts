import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Answered } from './function-process.ts';

/** MLflow's address of a call and its members, as a client sends them. */
export type Call = { method: 'GET' | 'POST'; path: string; members?: Record<string, unknown>; query?: string };

/** The event that API Gateway makes of a data scientist's call. */
export const eventOf = (project: string, { method, path, members, query = '' }: Call): APIGatewayProxyEventV2 =>
  ({
    routeKey: 'ANY /mlflow/{project}/api/{proxy+}',
    rawQueryString: query,
    headers: { 'content-type': 'application/json' },
    pathParameters: { project, proxy: `2.0/mlflow/${path}` },
    body: members ? JSON.stringify(members) : '',
    isBase64Encoded: false,
    requestContext: {
      requestId: 'bench',
      http: { method, sourceIp: '127.0.0.1', userAgent: 'bench' },
      authorizer: { jwt: { claims: { sub: 'bench', username: 'bench', 'cognito:groups': '[data-scientist]' }, scopes: [] } },
    },
  }) as unknown as APIGatewayProxyEventV2;

/** The tracking function in a process of its own, as Lambda holds one; `call` sends one event after the other. */
export const startFunction = (bundle: string, project: string, variables: Record<string, string>) => {
  const child: ChildProcess = fork(join(import.meta.dirname, 'function-process.ts'), [bundle], {
    env: { ...process.env, ...variables },
    // within 1,024 MiB, though Lambda gives it more
    execArgv: ['--max-old-space-size=896'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const call = (asked: Call): Promise<Answered> =>
    new Promise((resolve, reject) => {
      const ended = () => reject(new Error('the function ended before it answered'));
      child.once('exit', ended);
      child.once('message', (answered) => {
        child.off('exit', ended);
        const given = answered as Answered;
        if (given.status === 200) resolve(given);
        else reject(new Error(`${asked.path} was answered ${given.status}: ${given.body.slice(0, 300)}`));
      });
      child.send(eventOf(project, asked));
    });
  return { call, end: () => child.disconnect() };
};
