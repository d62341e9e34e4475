import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as fc from 'fast-check';
import type { Session } from '../../../lambdas/adapters/access-token.ts';
import { filesBelow } from '../../../lambdas/adapters/interface-files.ts';
import { cachingOf, takesGzip, typeOf, wantedBy } from '../../../lambdas/domain/mlflow/interface.ts';
import { serveInterface } from '../../../lambdas/mlflow/pages/serve.ts';

const INDEX = '<!doctype html><html><head><title>MLflow</title></head><body></body></html>';
const SCRIPT = 'console.log("µ");'.repeat(100);
const PICTURE = Buffer.from([0x89, 0x50, 0x4e, 0x47]);
const END = Date.UTC(2027, 0, 1);
const SESSION: Session = { subject: 's-1', username: 'a.curie', groups: ['auditor'], signInId: 'o-1', expiresAt: END };

const folder = mkdtempSync(join(tmpdir(), 'proband-interface-test-'));
before(() => {
  mkdirSync(join(folder, 'interface', 'static', 'js'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'not of the interface');
  writeFileSync(join(folder, 'interface', 'index.html'), INDEX);
  writeFileSync(join(folder, 'interface', 'static', 'js', 'main.22ec8c1e.js.gz'), gzipSync(SCRIPT));
  writeFileSync(join(folder, 'interface', 'static', 'logo.png'), PICTURE);
});
after(() => rmSync(folder, { recursive: true }));

const serving = (below = 'interface') =>
  serveInterface({ files: filesBelow(join(folder, below)), verify: async (token) => (token === 'good' ? SESSION : undefined), apiPath: '/_api/a1' });
const get = (path: string, { token, gzip = true, query = '', method = 'GET' }: { token?: string; gzip?: boolean; query?: string; method?: string } = {}, serve = serving()) =>
  serve({
    rawPath: path,
    rawQueryString: query,
    headers: gzip ? { 'accept-encoding': 'gzip, br' } : {},
    cookies: token ? [`proband-session=${token}`] : [],
    requestContext: { http: { method } },
  } as unknown as APIGatewayProxyEventV2);
const bytesOf = ({ body }: { body?: string | undefined }): Buffer => Buffer.from(body!, 'base64');

describe('a file of MLflow’s interface', () => {
  const SCRIPT_PATH = '/mlflow/trials/static-files/static/js/main.22ec8c1e.js';

  it('comes gzipped to who takes it so, plain to others, with its type', async () => {
    const packed = await get(SCRIPT_PATH);
    assert.deepEqual([packed.statusCode, packed.headers!['content-encoding'], packed.headers!['content-type']], [200, 'gzip', 'text/javascript; charset=utf-8']);
    assert.equal(gunzipSync(bytesOf(packed)).toString('utf8'), SCRIPT);
    const plain = await get(SCRIPT_PATH, { gzip: false });
    assert.equal(plain.headers!['content-encoding'], undefined);
    assert.equal(bytesOf(plain).toString('utf8'), SCRIPT);
    assert.equal(plain.headers!['vary'], 'accept-encoding');
    const picture = await get('/mlflow/trials/static-files/static/logo.png');
    assert.deepEqual([picture.headers!['content-type'], bytesOf(picture)], ['image/png', PICTURE]);
  });

  it('is kept by browsers for a year where its name holds its hash, for an hour otherwise', async () => {
    assert.equal((await get(SCRIPT_PATH)).headers!['cache-control'], 'public, max-age=31536000, immutable');
    assert.equal((await get('/mlflow/trials/static-files/static/logo.png')).headers!['cache-control'], 'public, max-age=3600');
    assert.equal(cachingOf('favicon.ico'), 'public, max-age=3600');
  });

  it('is one of the folder’s files and nothing beside them', async () => {
    for (const name of [
      '../secret.txt',
      '%2e%2e/secret.txt',
      '..%2fsecret.txt',
      'static/../../secret.txt',
      '..\\secret.txt',
      '/etc/passwd',
      'static',
      'static/',
      '',
      'index.html\0',
    ])
      assert.equal((await get(`/mlflow/trials/static-files/${name}`, { token: 'good' })).statusCode, 404, name);
    const files = filesBelow(join(folder, 'interface'))!;
    const known = new Set(['index.html', 'static/logo.png', 'static/js/main.22ec8c1e.js', 'static/js/main.22ec8c1e.js.gz']);
    const name = fc.array(fc.constantFrom('..', '.', '/', 'static', 'js', 'secret.txt', 'interface', 'index.html', '\\', '%2e')).map((parts) => parts.join(''));
    fc.assert(fc.property(name, (path) => files.read(path, true) === undefined || known.has(path)));
  });

  it('runs no script when a browser is led to it directly', async () => {
    const { headers } = await get('/mlflow/trials/static-files/index.html');
    assert.equal(headers!['content-security-policy'], "default-src 'none'; style-src 'unsafe-inline'");
    assert.equal(headers!['x-content-type-options'], 'nosniff');
  });
});

describe('the page of MLflow’s interface', () => {
  it('is for who is signed in; others are led to the sign-in, which knows where they came from', async () => {
    for (const token of [undefined, 'forged']) {
      const { statusCode, headers, body } = await get('/mlflow/trials/', token ? { token } : {});
      assert.deepEqual([statusCode, headers!['location'], body], [302, '../login?to=trials', undefined]);
    }
    const { statusCode, headers, body } = await get('/mlflow/trials/', { token: 'good' });
    assert.deepEqual([statusCode, headers!['content-type'], headers!['cache-control']], [200, 'text/html; charset=utf-8', 'no-store']);
    assert.match(body!, /<title>MLflow<\/title>/);
  });

  it('ends with the session, by a script that its policy names; no other inline script runs', async () => {
    const { headers, body } = await get('/mlflow/trials/', { token: 'good' });
    const [, end, script] = /<script data-end="(\d+)">(.*)<\/script>/.exec(body!)!;
    assert.equal(Number(end), END);
    assert.match(script!, /location\.reload/);
    const policy = String(headers!['content-security-policy']);
    const [, sources] = /script-src ([^;]*)/.exec(policy)!;
    const digest = createHash('sha256').update(script!).digest('base64');
    assert.ok(sources!.includes(`'sha256-${digest}'`), `${sources}`);
    assert.doesNotMatch(sources!, /unsafe-inline|\*|https?:/);
    for (const part of ["default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]) assert.ok(policy.includes(part), part);
  });

  it('is found without its slash, too', async () => {
    const { statusCode, headers } = await get('/mlflow/trials', { query: 'a=1' });
    assert.deepEqual([statusCode, headers!['location']], [302, 'trials/?a=1']);
  });

  it('says so where the interface was not there at the deployment', async () => {
    const serve = serving('nowhere');
    const { statusCode, body, headers } = await get('/mlflow/trials/', { token: 'good' }, serve);
    assert.equal(statusCode, 503);
    assert.match(body!, /could not be fetched when this installation was deployed/);
    assert.match(String(headers!['content-security-policy']), /default-src 'none'/);
    assert.equal((await get('/mlflow/trials/static-files/index.html', {}, serve)).statusCode, 404);
    assert.equal((await get('/mlflow/trials/', {}, serve)).statusCode, 302);
  });

  it('is nothing else: other addresses and methods are no endpoint', async () => {
    for (const [path, method] of [
      ['/mlflow/trials/nothing', 'GET'],
      ['/mlflow/Not_A_Project/', 'GET'],
      ['/elsewhere', 'GET'],
      ['/mlflow/trials/', 'POST'],
    ] as const) {
      const { statusCode, body } = await get(path, { token: 'good', method });
      assert.deepEqual([statusCode, (JSON.parse(body!) as { error_code: string }).error_code], [404, 'ENDPOINT_NOT_FOUND'], `${method} ${path}`);
    }
  });

  it('leads clients that write a slash too many to this API’s own address, never to another', async () => {
    const { statusCode, headers } = await get('/mlflow/trials//api/2.0/mlflow/runs/get', { query: 'run_id=1' });
    assert.deepEqual([statusCode, headers!['location']], [308, '/_api/a1/mlflow/trials/api/2.0/mlflow/runs/get?run_id=1']);
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('', '/_api/a1'), (rest, apiPath) => {
        const wanted = wantedBy(`/mlflow/trials/${rest}`, apiPath);
        if (wanted.kind === 'redirect') assert.ok(new URL(wanted.to, 'https://api.example/mlflow/trials').href.startsWith('https://api.example/'), wanted.to);
      }),
    );
  });
});

describe('what a browser accepts', () => {
  it('is read from Accept-Encoding with its weights', () => {
    for (const accepted of ['gzip', 'br, gzip;q=0.5', 'GZIP', '*', 'deflate, *;q=0.1']) assert.equal(takesGzip(accepted), true, accepted);
    for (const accepted of [undefined, '', 'br', 'gzip;q=0', 'identity', '*;q=0', 'gzip;q=0, *']) assert.equal(takesGzip(accepted), false, String(accepted));
  });

  it('is told the type of every kind of file that the interface has', () => {
    const types = {
      'a.css': 'text/css; charset=utf-8',
      'a.js': 'text/javascript; charset=utf-8',
      'a.svg': 'image/svg+xml',
      'a.woff2': 'font/woff2',
      'a.ttf': 'font/ttf',
      'a.json': 'application/json',
    };
    for (const [name, type] of Object.entries(types)) assert.equal(typeOf(name), type, name);
  });
});
