import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Session } from '../../adapters/access-token.ts';
import type { Files } from '../../adapters/interface-files.ts';
import { sessionTokenOf } from '../../domain/identity/session-cookie.ts';
import { INTERFACE_POLICY, cachingOf, interfacePage, takesGzip, typeOf, wantedBy } from '../../domain/mlflow/interface.ts';
import { html, page } from '../../domain/pages/page.ts';

type Result = APIGatewayProxyStructuredResultV2;
/** `files`: undefined where the interface was not there when this was deployed; `apiPath`: what the API's address begins with */
export type Interface = { files: Files | undefined; verify: (token: string) => Promise<Session | undefined>; apiPath: string | undefined };

const SAFE = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin', 'x-frame-options': 'DENY' };
const NO_SCRIPTS = "default-src 'none'; style-src 'unsafe-inline'";
const NOTHING: Result = {
  statusCode: 404,
  headers: { ...SAFE, 'content-type': 'application/json' },
  body: JSON.stringify({ error_code: 'ENDPOINT_NOT_FOUND', message: 'Not Found' }),
};

/** MLflow's web interface: its compiled files for everyone, a project's page for those who are signed in. */
export const serveInterface =
  ({ files, verify, apiPath }: Interface) =>
  async (event: APIGatewayProxyEventV2): Promise<Result> => {
    const wanted = event.requestContext.http.method === 'GET' ? wantedBy(event.rawPath, apiPath) : ({ kind: 'nothing' } as const);
    switch (wanted.kind) {
      case 'file':
        return fileNamed(files, wanted.name, event.headers['accept-encoding']);
      case 'page': {
        const token = sessionTokenOf(event);
        return pageOf(files, wanted.project, token ? await verify(token) : undefined);
      }
      case 'redirect': {
        const query = event.rawQueryString ? `?${event.rawQueryString}` : '';
        return { statusCode: wanted.status, headers: { ...SAFE, location: wanted.to + query } };
      }
      case 'nothing':
        return NOTHING;
    }
  };

const fileNamed = (files: Files | undefined, name: string, accepted: string | undefined): Result => {
  const file = files?.read(name, takesGzip(accepted));
  if (!file) return NOTHING;
  return {
    statusCode: 200,
    headers: {
      ...SAFE,
      'content-type': typeOf(name),
      'cache-control': cachingOf(name),
      vary: 'accept-encoding',
      // a file that a browser is led to directly is no page
      'content-security-policy': NO_SCRIPTS,
      ...(file.gzipped ? { 'content-encoding': 'gzip' } : {}),
    },
    isBase64Encoded: true,
    body: file.bytes.toString('base64'),
  };
};

const pageOf = (files: Files | undefined, project: string, session: Session | undefined): Result => {
  if (!session) return { statusCode: 302, headers: { ...SAFE, 'cache-control': 'no-store', location: `../login?to=${project}` } };
  const headers = { ...SAFE, 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' };
  const index = files?.read('index.html', false);
  if (!index) return { statusCode: 503, headers: { ...headers, 'content-security-policy': NO_SCRIPTS }, body: ABSENT };
  return { statusCode: 200, headers: { ...headers, 'content-security-policy': INTERFACE_POLICY }, body: interfacePage(index.bytes.toString('utf8'), session.expiresAt) };
};

const ABSENT = page({
  title: 'MLflow’s web interface is not here',
  body: html`<p>It could not be fetched when this installation was deployed. Everything else works: the tracking address, clients, the API. <code>npm run check</code> fetches it; then deploy again.</p>`,
});
