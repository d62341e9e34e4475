import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { CLIENT, POOL, userPool } from './user-pool.ts';

process.env['USER_POOL_ID'] = POOL;
process.env['USER_POOL_CLIENT_ID'] = CLIENT;
process.env['AWS_REGION'] = 'eu-central-1';
const RIGHT = { username: 'a.curie', password: 'correct & horse', code: '123456' };

type Given = { method?: string; route?: string; to?: string; host?: string; headers?: Record<string, string>; form?: Partial<typeof RIGHT>; cookie?: string };

describe('the sign-in form', () => {
  let pool: Awaited<ReturnType<typeof userPool>>;
  let token = '';
  let signIn: typeof import('../../../lambdas/mlflow/sign-in/handler.ts').handler;
  before(async () => {
    pool = await userPool((operation, request) => {
      const parameters = (request['AuthParameters'] ?? request['ChallengeResponses']) as Record<string, string>;
      if (parameters['USERNAME'] === 'invited') return { ChallengeName: 'NEW_PASSWORD_REQUIRED', Session: 's1', ChallengeParameters: {} };
      if (parameters['USERNAME'] === 'hasty') return { refusal: 'TooManyRequestsException' };
      if (operation === 'InitiateAuth')
        return parameters['PASSWORD'] === RIGHT.password ? { ChallengeName: 'SOFTWARE_TOKEN_MFA', Session: 's2', ChallengeParameters: {} } : undefined;
      if (parameters['SOFTWARE_TOKEN_MFA_CODE'] !== RIGHT.code) return { refusal: 'CodeMismatchException' };
      return { AuthenticationResult: { AccessToken: token, IdToken: 'id', ExpiresIn: 3600 } };
    });
    process.env['AWS_ENDPOINT_URL'] = pool.endpoint;
    process.env['AWS_ACCESS_KEY_ID'] = process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
    token = await pool.token();
    signIn = (await import('../../../lambdas/mlflow/sign-in/handler.ts')).handler;
  });
  after(() => pool.close());

  const call = ({ method = 'POST', route = '/mlflow/login', to, host = 'api.example', headers = { 'sec-fetch-site': 'same-origin' }, form = RIGHT, cookie }: Given = {}) =>
    signIn({
      routeKey: `${method} ${route}`,
      rawPath: route,
      headers: { host, 'content-type': 'application/x-www-form-urlencoded', ...headers },
      cookies: cookie ? [`proband-session=${cookie}`] : [],
      queryStringParameters: to === undefined ? undefined : { to },
      requestContext: { requestId: 'r-1', http: { method, path: route } },
      isBase64Encoded: true,
      body: Buffer.from(new URLSearchParams(form as typeof RIGHT).toString()).toString('base64'),
    } as unknown as APIGatewayProxyEventV2);

  it('begins a session for as long as the token holds, in a cookie that no script reads and no other site sends', async () => {
    const { statusCode, headers, cookies } = await call({ to: 'trials' });
    assert.deepEqual([statusCode, headers!['location'], headers!['cache-control']], [303, 'trials/', 'no-store']);
    const [cookie, ...others] = cookies!;
    assert.deepEqual(others, []);
    const [value, ...attributes] = cookie!.split('; ');
    assert.equal(value, `proband-session=${token}`);
    const [age, ...flags] = attributes;
    const seconds = Number(age!.replace(/^Max-Age=/, ''));
    assert.ok(seconds > 3590 && seconds <= 3600, `${age}`);
    assert.deepEqual(flags, ['HttpOnly', 'SameSite=Strict', 'Secure']);
  });

  it('leaves Secure out on this machine alone, which has no TLS', async () => {
    for (const host of ['127.0.0.1:4566', 'localhost:4566']) assert.doesNotMatch((await call({ host })).cookies![0]!, /Secure/);
    for (const host of ['127.0.0.1.evil.example', 'localhost.example', 'xlocalhost']) assert.match((await call({ host })).cookies![0]!, /; Secure$/);
  });

  it('leads to a project of this installation and nowhere else', async () => {
    for (const to of ['//evil.example', 'https://evil.example', '/\\evil.example', '../v1', 'javascript:alert(1)', 'a\r\nset-cookie: x', ''])
      assert.equal((await call({ to })).headers!['location'], 'proband/', to);
    assert.equal((await call()).headers!['location'], 'proband/');
  });

  it('refuses a wrong password, code or form with one text, which does not say which it was, and repeats nothing', async () => {
    const wrong: Partial<typeof RIGHT>[] = [
      { password: '<b>nonsense</b>' },
      { username: 'nobody', password: 'x' },
      { code: '000000' },
      { username: '' },
      { password: 'x'.repeat(300) },
    ];
    const pages = await Promise.all(wrong.map((part) => call({ form: { ...RIGHT, ...part } })));
    for (const { statusCode, cookies, body } of pages) {
      assert.equal(statusCode, 401);
      assert.equal(cookies, undefined);
      assert.equal(body, pages[0]!.body);
    }
    assert.match(pages[0]!.body!, /username, password or one-time code is not right/);
    assert.doesNotMatch(pages[0]!.body!, /nonsense/);
  });

  it('says what to do to who never signed in, and to who tried too often', async () => {
    const first = await call({ form: { ...RIGHT, username: 'invited' } });
    assert.equal(first.statusCode, 403);
    assert.match(first.body!, /proband login/);
    const hasty = await call({ form: { ...RIGHT, username: 'hasty' } });
    assert.equal(hasty.statusCode, 429);
    assert.match(hasty.body!, /too many attempts/);
  });

  it('takes no form from a page of another origin', async () => {
    for (const headers of [{}, { origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }] as Record<string, string>[]) {
      for (const route of ['/mlflow/login', '/mlflow/logout']) {
        const { statusCode, cookies } = await call({ route, headers });
        assert.deepEqual([statusCode, cookies], [403, undefined], JSON.stringify(headers));
      }
    }
  });

  it('shows the form, which is no page for a frame or a script, and who is signed in', async () => {
    const form = await call({ method: 'GET', to: 'trials' });
    assert.equal(form.statusCode, 200);
    assert.match(form.body!, /<form method="post" action="">/);
    assert.match(String(form.headers!['content-security-policy']), /default-src 'none'.*form-action 'self'.*frame-ancestors 'none'/);
    const signedIn = await call({ method: 'GET', to: 'trials', cookie: token });
    assert.match(signedIn.body!, /<strong>a\.curie<\/strong>.*<a href="trials\/">/s);
    assert.match((await call({ method: 'GET', cookie: 'forged' })).body!, /<form method="post" action="">/);
  });

  it('ends the session', async () => {
    const { statusCode, headers, cookies } = await call({ route: '/mlflow/logout', cookie: token });
    assert.deepEqual([statusCode, headers!['location'], cookies], [303, 'login', ['proband-session=; Max-Age=0; HttpOnly; SameSite=Strict; Secure']]);
  });
});
