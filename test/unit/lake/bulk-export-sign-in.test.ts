import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { calculateJwkThumbprint, createLocalJWKSet, decodeJwt, decodeProtectedHeader, exportJWK, jwtVerify } from 'jose';
import { authorizationOf, keyOf } from '../../../lambdas/adapters/bulk-export-auth.ts';
import { httpExchange, isPublic } from '../../../lambdas/adapters/outbound-http.ts';
import { ConnectionBroken, type Exchange, type HttpRequest, RequestRefused } from '../../../lambdas/domain/outbound/exchange.ts';

const BASE = 'https://ehr.example/fhir';
const TOKENS = 'https://auth.example/token';
const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (key: typeof ec.privateKey): string => key.export({ type: 'pkcs8', format: 'pem' }) as string;

type Reply = { status: number; json: unknown };
const serverOf = (
  configuration: Record<string, unknown>,
  token: (form: URLSearchParams) => Reply,
  headers: Record<string, string> = {},
): { exchange: Exchange; asked: HttpRequest[] } => {
  const asked: HttpRequest[] = [];
  const exchange: Exchange = async (request) => {
    asked.push(request);
    const { status, json } =
      request.url === `${BASE}/.well-known/smart-configuration` ? { status: 200, json: { token_endpoint: TOKENS, ...configuration } } : token(new URLSearchParams(request.body));
    const body = (async function* () {
      yield Buffer.from(JSON.stringify(json));
    })();
    return { status, headers, body, wasCompressed: () => false, discard: () => undefined };
  };
  return { exchange, asked };
};
const granted = (expires = 300): Reply => ({ status: 200, json: { access_token: 'token-1', token_type: 'bearer', expires_in: expires } });
const smart = (privateKey: string, more: { keyId?: string; scope?: string } = {}) => ({ auth: 'smart' as const, url: BASE, clientId: 'proband', privateKey, ...more });

describe('SMART Backend Services', () => {
  for (const [algorithm, { privateKey, publicKey }] of [
    ['ES384', ec],
    ['RS384', rsa],
  ] as const)
    it(`signs in with ${algorithm}: an assertion that verifies, for this endpoint, five minutes at most, never twice the same`, async () => {
      const jwk = { ...(await exportJWK(publicKey)), kid: await calculateJwkThumbprint(await exportJWK(publicKey)) };
      const ids = new Set<unknown>();
      const assertions: string[] = [];
      const { exchange, asked } = serverOf({ token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'] }, (form) => {
        assert.equal(form.get('grant_type'), 'client_credentials');
        assert.equal(form.get('client_assertion_type'), 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
        assertions.push(form.get('client_assertion')!);
        return granted();
      });
      const authorization = authorizationOf(smart(pem(privateKey)), exchange);
      assert.equal(await authorization(false), 'Bearer token-1');
      assert.equal(await authorization(false), 'Bearer token-1');
      assert.equal(asked.length, 2, 'the second request takes the same token');
      await authorization(true);
      for (const assertion of assertions) {
        const { payload } = await jwtVerify(assertion, createLocalJWKSet({ keys: [jwk] }), { audience: TOKENS, issuer: 'proband', subject: 'proband', algorithms: [algorithm] });
        assert.ok(payload.exp! - Date.now() / 1000 <= 300);
        assert.deepEqual(decodeProtectedHeader(assertion), { alg: algorithm, kid: jwk.kid, typ: 'JWT' });
        ids.add(payload.jti);
      }
      assert.equal(ids.size, 2);
    });

  it('takes a new token before the former one ends', async () => {
    let issued = 0;
    const { exchange } = serverOf({}, () => {
      issued += 1;
      return granted(1);
    });
    const authorization = authorizationOf(smart(pem(ec.privateKey)), exchange);
    await authorization(false);
    await authorization(false);
    assert.equal(issued, 2);
  });

  it('asks for v2 scopes, for v1 where these are not known, or for those that are configured', async () => {
    const scopes: (string | null)[] = [];
    const onlyV1 = (form: URLSearchParams): Reply => {
      scopes.push(form.get('scope'));
      return form.get('scope') === 'system/*.read' ? granted() : { status: 400, json: { error: 'invalid_scope' } };
    };
    await authorizationOf(smart(pem(ec.privateKey)), serverOf({}, onlyV1).exchange)(false);
    assert.deepEqual(scopes.splice(0), ['system/*.rs', 'system/*.read']);
    await assert.rejects(authorizationOf(smart(pem(ec.privateKey), { scope: 'system/Patient.rs' }), serverOf({}, onlyV1).exchange)(false), /HTTP 400, invalid_scope/);
    assert.deepEqual(scopes, ['system/Patient.rs']);
  });

  it('signs by the server’s clock where that goes another way, and asks once more at the most', async () => {
    const hour = 3600_000;
    const ends: number[] = [];
    const strict = (form: URLSearchParams): Reply => {
      const { exp, iat } = decodeJwt(form.get('client_assertion')!);
      ends.push(exp!);
      const now = (Date.now() - hour) / 1000;
      return iat! <= now + 5 && exp! > now && exp! <= now + 300 ? granted() : { status: 400, json: { error: 'invalid_client' } };
    };
    const clock = (at: number) => ({ date: new Date(at).toUTCString() });
    const { exchange } = serverOf({}, strict, clock(Date.now() - hour));
    assert.equal(await authorizationOf(smart(pem(ec.privateKey)), exchange)(false), 'Bearer token-1');
    assert.equal(ends.splice(0).length, 2);
    const refusing = (date: Record<string, string>) => authorizationOf(smart(pem(ec.privateKey)), serverOf({}, strict, date).exchange)(false);
    await assert.rejects(refusing(clock(Date.now())), /invalid_client/);
    assert.equal(ends.splice(0).length, 1, 'the clocks are alike');
    await assert.rejects(refusing(clock(Date.now() + hour)), /invalid_client/);
    assert.equal(ends.length, 2);
  });

  it('is refused in one line that holds neither key nor token; a busy server is no refusal', async () => {
    const says = (reply: Reply, configuration: Record<string, unknown> = {}) => authorizationOf(smart(pem(ec.privateKey)), serverOf(configuration, () => reply).exchange)(false);
    await assert.rejects(
      says({ status: 401, json: { error: 'invalid_client', error_description: 'Jane Doe' } }),
      new RequestRefused('the server does not sign the client in (HTTP 401, invalid_client)'),
    );
    await assert.rejects(says({ status: 200, json: { access_token: '' } }), new RequestRefused('the server does not sign the client in (HTTP 200)'));
    await assert.rejects(
      says(granted(), { token_endpoint_auth_signing_alg_values_supported: ['RS384'] }),
      new RequestRefused('the server does not accept ES384; it accepts RS384'),
    );
    await assert.rejects(says(granted(), { token_endpoint: 'token' }), /tells no token endpoint/);
    await assert.rejects(says({ status: 503, json: {} }), ConnectionBroken);
  });

  it('takes keys as PEM and JWK, of the two kinds that SMART knows', async () => {
    const jwk = JSON.stringify({ ...ec.privateKey.export({ format: 'jwk' }), kid: 'own' });
    assert.equal((await keyOf({ privateKey: jwk })).keyId, 'own');
    assert.equal((await keyOf({ privateKey: jwk, keyId: 'given' })).keyId, 'given');
    assert.equal((await keyOf({ privateKey: pem(rsa.privateKey) })).algorithm, 'RS384');
    for (const wrong of [pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey), pem(generateKeyPairSync('ed25519').privateKey)])
      await assert.rejects(keyOf({ privateKey: wrong }), /allowed are EC P-384 \(ES384\) and RSA/);
    for (const wrong of ['', '{', '{"kty":"EC"}', ec.publicKey.export({ type: 'spki', format: 'pem' }) as string])
      await assert.rejects(keyOf({ privateKey: wrong }), /not a private key/);
  });
});

describe('an address that a server names', () => {
  const NOT_PUBLIC = [
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.9.9.9',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
  ];
  const NOT_PUBLIC_6 = [
    '::',
    '::1',
    '::ffff:10.0.0.1',
    '::ffff:127.0.0.1',
    '64:ff9b::a00:1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'ff02::1',
    '2001:db8::1',
    '2002:a00:1::1',
    '2001::1',
  ];
  it('is called where it is public', () => {
    for (const address of ['8.8.8.8', '172.32.0.1', '192.169.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::1']) assert.ok(isPublic(address), address);
    for (const address of [...NOT_PUBLIC, ...NOT_PUBLIC_6, 'localhost', '']) assert.ok(!isPublic(address), address);
  });

  it('is not called where it is not, as a literal or by name, nor without TLS', async () => {
    const exchange = httpExchange({ loopback: false });
    const asked = (url: string) => exchange({ method: 'GET', url, headers: {} });
    for (const url of [
      ...NOT_PUBLIC.map((address) => `https://${address}/`),
      ...NOT_PUBLIC_6.map((address) => `https://[${address}]/`),
      'https://localhost/',
      'https://2130706433/',
      'https://0x7f.1/',
    ])
      await assert.rejects(asked(url), RequestRefused, url);
    await assert.rejects(asked('http://fhir.hospital.example/'), new RequestRefused('http://fhir.hospital.example is not called: allowed is https'));
    await assert.rejects(httpExchange({ loopback: true })({ method: 'GET', url: 'http://10.0.0.1/', headers: {} }), RequestRefused);
  });
});
