import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Answered } from './function-process.ts';

/** MLflow's address of a call and its members, as a client sends them. */
export type Call = { method: 'GET' | 'POST'; path: string; members?: Record<string, unknown>; query?: string };

/** The tracking function in a process of its own, as Lambda holds one; `call` sends one event after the other. */
export const startFunction = (bundle: string, project: string, variables: Record<string, string>) => {
  const child: ChildProcess = fork(join(import.meta.dirname, 'function-process.ts'), [bundle], {
    env: { ...process.env, ...variables },
    // Lambda leaves a function of 1,024 MiB about so much of it
    execArgv: ['--max-old-space-size=896'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const call = ({ method, path, members, query = '' }: Call): Promise<Answered> =>
    new Promise((resolve, reject) => {
      const ended = () => reject(new Error('the function ended before it answered'));
      child.once('exit', ended);
      child.once('message', (answered) => {
        child.off('exit', ended);
        const given = answered as Answered;
        if (given.status === 200) resolve(given);
        else reject(new Error(`${path} was answered ${given.status}: ${given.body.slice(0, 300)}`));
      });
      child.send({
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
      });
    });
  return { call, end: () => child.disconnect() };
};
