import { once } from 'node:events';
import { type IncomingMessage, createServer, request as requestPlain } from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import type { AddressInfo } from 'node:net';
import { mock } from 'node:test';
import { type JWTPayload, SignJWT, exportJWK, generateKeyPair } from 'jose';

const REGION = 'eu-central-1';
export const POOL = `${REGION}_Test12345`;
export const CLIENT = 'client1234567890';

/** A call of Cognito's API and what it answers; undefined: the pool refuses it. */
export type Cognito = (operation: string, request: Record<string, unknown>) => Record<string, unknown> | { refusal: string } | undefined;

/**
 * A user pool on this machine: its published keys, tokens signed by them, and Cognito's API as `answers` has it. Requests for the pool's
 * keys go to Amazon's address by TLS; they are led here.
 */
export const userPool = async (answers: Cognito = () => undefined) => {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', use: 'sig', alg: 'RS256' }] });
  const server = createServer(async (request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.method === 'GET') return void response.end(keys);
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString('utf8')) as Record<string, unknown>;
    const answer = answers(String(request.headers['x-amz-target']).split('.')[1]!, body) ?? { refusal: 'NotAuthorizedException' };
    if ('refusal' in answer) response.writeHead(400).end(JSON.stringify({ __type: answer['refusal'], message: 'refused' }));
    else response.end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const led = mock.method(https, 'request', (_uri: string, _options: object, answered: (response: IncomingMessage) => void) =>
    requestPlain({ host: '127.0.0.1', port, path: '/jwks.json' }, answered),
  );
  syncBuiltinESMExports();

  /** An access token of the pool; `claims` and `key` say otherwise. */
  const token = (claims: JWTPayload & { token_use?: string; client_id?: string } = {}, key = privateKey): Promise<string> => {
    const now = Math.floor(Date.now() / 1000);
    const usual = {
      sub: 's-1',
      iss: `https://cognito-idp.${REGION}.amazonaws.com/${POOL}`,
      client_id: CLIENT,
      token_use: 'access',
      username: 'a.curie',
      'cognito:groups': ['data-scientist', 'auditor'],
      origin_jti: 'o-1',
      iat: now,
      exp: now + 3600,
    };
    return new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(key);
  };
  return {
    endpoint: `http://127.0.0.1:${port}`,
    token,
    close: () => {
      led.mock.restore();
      syncBuiltinESMExports();
      server.closeAllConnections();
      server.close();
    },
  };
};
