import { createPrivateKey, createPublicKey, randomUUID, type KeyObject } from 'node:crypto';
import { SignJWT, calculateJwkThumbprint, exportJWK } from 'jose';
import type { ServerCredentials } from '../contracts/export.ts';
import type { Connection } from '../domain/lake/bulk-export/exchange.ts';
import { ConnectionBroken, type Exchange, RequestRefused, readJson } from '../domain/outbound/exchange.ts';
import {
  type ALGORITHMS,
  RENEW_BEFORE_SECONDS,
  SmartConfiguration,
  TokenAnswer,
  TokenError,
  assertionClaims,
  scopesFor,
  skewOf,
  smartConfigurationUrl,
  tokenRequest,
} from '../domain/lake/bulk-export/smart.ts';
import { isTransient } from '../domain/outbound/retry-after.ts';

type Smart = Extract<ServerCredentials, { auth: 'smart' }>;
type Key = { key: KeyObject; algorithm: (typeof ALGORITHMS)[number]; keyId: string };

/** How requests to a server are authorized; null: it asks for nothing. */
export const authorizationOf = (credentials: ServerCredentials | null, exchange: Exchange): Connection['authorization'] => {
  if (credentials === null) return async () => null;
  if (credentials.auth === 'bearer') return async () => `Bearer ${credentials.token}`;
  let token: { value: string; endsAt: number } | null = null;
  return async (renewed) => {
    if (renewed || !token || token.endsAt <= Date.now()) token = await signIn(credentials, exchange);
    return `Bearer ${token.value}`;
  };
};

/** SMART Backend Services: a signed assertion for an access token. */
const signIn = async (credentials: Smart, exchange: Exchange): Promise<{ value: string; endsAt: number }> => {
  const configuration = await discover(credentials.url, exchange);
  const key = await keyOf(credentials);
  const supported = configuration.token_endpoint_auth_signing_alg_values_supported;
  if (supported && !supported.includes(key.algorithm)) throw new RequestRefused(`the server does not accept ${key.algorithm}; it accepts ${supported.slice(0, 8).join(', ')}`);
  let said = '';
  let skewSeconds = 0;
  const scopes = credentials.scope ? [credentials.scope] : scopesFor(configuration);
  for (let scope = scopes.shift(); scope !== undefined; ) {
    const answer = await exchange({
      method: 'POST',
      url: configuration.token_endpoint,
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: tokenRequest(await assertion(key, credentials.clientId, configuration.token_endpoint, skewSeconds), scope),
    });
    const json = await readJson(answer);
    const granted = TokenAnswer.safeParse(json);
    if (answer.status === 200 && granted.success) {
      return { value: granted.data.access_token, endsAt: Date.now() + (granted.data.expires_in - RENEW_BEFORE_SECONDS) * 1000 };
    }
    if (isTransient(answer.status)) throw new ConnectionBroken(`the token endpoint answered ${answer.status}`);
    const refused = TokenError.safeParse(json);
    said = `HTTP ${answer.status}${refused.success ? `, ${refused.data.error}` : ''}`;
    const measured = skewOf(answer.headers['date'], Date.now());
    if (refused.success && refused.data.error === 'invalid_scope') scope = scopes.shift();
    else if (skewSeconds === 0 && measured !== 0) skewSeconds = measured;
    else break;
  }
  throw new RequestRefused(`the server does not sign the client in (${said})`);
};

const discover = async (base: string, exchange: Exchange): Promise<SmartConfiguration> => {
  const answer = await exchange({ method: 'GET', url: smartConfigurationUrl(base), headers: { accept: 'application/json' } });
  const configuration = SmartConfiguration.safeParse(await readJson(answer));
  if (isTransient(answer.status)) throw new ConnectionBroken(`the SMART configuration answered ${answer.status}`);
  if (answer.status !== 200 || !configuration.success) throw new RequestRefused(`the server tells no token endpoint in .well-known/smart-configuration (HTTP ${answer.status})`);
  return configuration.data;
};

const assertion = ({ key, algorithm, keyId }: Key, clientId: string, endpoint: string, skewSeconds: number): Promise<string> =>
  new SignJWT(assertionClaims(clientId, endpoint, randomUUID(), Math.floor(Date.now() / 1000) + skewSeconds))
    .setProtectedHeader({ alg: algorithm, kid: keyId, typ: 'JWT' })
    .sign(key);

/** Reads the key and tells its algorithm; a key that is neither P-384 nor RSA is refused with what is allowed. */
export const keyOf = async ({ privateKey, keyId }: Pick<Smart, 'privateKey' | 'keyId'>): Promise<Key> => {
  const { key, ownId } = readKey(privateKey);
  const algorithm = algorithmOf(key);
  return { key, algorithm, keyId: keyId ?? ownId ?? (await calculateJwkThumbprint(await exportJWK(createPublicKey(key)))) };
};

const readKey = (text: string): { key: KeyObject; ownId?: string | undefined } => {
  try {
    if (!text.trimStart().startsWith('{')) return { key: createPrivateKey(text) };
    const jwk = JSON.parse(text) as { kid?: unknown };
    return { key: createPrivateKey({ key: jwk as never, format: 'jwk' }), ownId: typeof jwk.kid === 'string' ? jwk.kid : undefined };
  } catch {
    throw new RequestRefused('privateKey: not a private key; allowed: PEM (PKCS #8) or JWK');
  }
};

const algorithmOf = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): Key['algorithm'] => {
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'secp384r1') return 'ES384';
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048) return 'RS384';
  throw new RequestRefused('privateKey: allowed are EC P-384 (ES384) and RSA of 2048 bits or more (RS384)');
};
