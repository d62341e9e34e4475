import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { generateKeyPair } from 'jose';
import { CLIENT, POOL, userPool } from './user-pool.ts';

process.env['USER_POOL_ID'] = POOL;
process.env['USER_POOL_CLIENT_ID'] = CLIENT;

type Given = { method?: string; headers?: Record<string, string>; cookies?: string[] };

describe('who may call MLflow’s interface', () => {
  let pool: Awaited<ReturnType<typeof userPool>>;
  let authorize: typeof import('../../../lambdas/mlflow/authorize/handler.ts').handler;
  before(async () => {
    pool = await userPool();
    authorize = (await import('../../../lambdas/mlflow/authorize/handler.ts')).handler;
  });
  after(() => pool.close());

  const ask = ({ method = 'GET', headers = {}, cookies }: Given) =>
    authorize({ headers: { host: 'api.example', ...headers }, cookies, requestContext: { http: { method } } } as unknown as APIGatewayRequestAuthorizerEventV2);
  const bearer = async (...args: Parameters<typeof pool.token>) => ({ headers: { authorization: `Bearer ${await pool.token(...args)}` } });
  const cookie = async (...args: Parameters<typeof pool.token>) => [`other=1`, `proband-session=${await pool.token(...args)}`];
  const isLetIn = async (given: Given) => (await ask(given)).isAuthorized;

  it('lets in by bearer token and hands on who it is', async () => {
    assert.deepEqual(await ask(await bearer()), {
      isAuthorized: true,
      context: { sub: 's-1', username: 'a.curie', groups: 'data-scientist auditor', originJti: 'o-1' },
    });
  });

  it('lets in by the session’s cookie, listed or in one header', async () => {
    assert.equal(await isLetIn({ cookies: await cookie() }), true);
    assert.equal(await isLetIn({ headers: { cookie: (await cookie()).join('; ') } }), true);
  });

  it('lets nobody in without a token, with another text, or with a cookie of another name', async () => {
    const token = await pool.token();
    for (const given of [
      {},
      { headers: { authorization: 'Bearer nonsense' } },
      { headers: { authorization: `Basic ${token}` } },
      { cookies: [`session=${token}`] },
      { cookies: ['proband-session='] },
    ])
      assert.deepEqual(await ask(given), { isAuthorized: false, context: { sub: '', username: '', groups: '', originJti: '' } });
  });

  it('lets nobody in with a token that is expired, of another pool, client or kind, or that another key signed', async () => {
    const past = Math.floor(Date.now() / 1000) - 60;
    const other = await generateKeyPair('RS256');
    const tokens: Parameters<typeof pool.token>[] = [
      [{ exp: past }],
      [{ iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Other9999' }],
      [{ client_id: 'another' }],
      [{ token_use: 'id', aud: CLIENT }],
      [{}, other.privateKey],
    ];
    for (const given of tokens) {
      assert.equal(await isLetIn(await bearer(...given)), false);
      assert.equal(await isLetIn({ cookies: await cookie(...given) }), false);
    }
  });

  it('does not let a cookie speak for a page of another origin', async () => {
    const cookies = await cookie();
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      for (const headers of [
        {},
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site', origin: 'https://api.example' },
      ])
        assert.equal(await isLetIn({ method, cookies, headers: headers as Record<string, string> }), false, `${method} ${JSON.stringify(headers)}`);
      for (const headers of [{ origin: 'https://api.example' }, { 'sec-fetch-site': 'same-origin' }] as Record<string, string>[])
        assert.equal(await isLetIn({ method, cookies, headers }), true, `${method} ${JSON.stringify(headers)}`);
    }
  });

  it('takes a bearer token wherever the call comes from: no browser sends one by itself', async () => {
    const { headers } = await bearer();
    assert.equal(await isLetIn({ method: 'POST', headers: { ...headers, origin: 'https://notebook.example', 'sec-fetch-site': 'cross-site' } }), true);
  });
});
