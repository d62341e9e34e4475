import type { APIGatewayRequestAuthorizerEventV2, APIGatewaySimpleAuthorizerWithContextResult } from 'aws-lambda';
import { accessTokenVerifier } from '../../adapters/access-token.ts';
import { isForeign } from '../../domain/identity/same-origin.ts';
import { sessionTokenOf } from '../../domain/identity/session-cookie.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);
const verify = accessTokenVerifier(env.USER_POOL_ID, env.USER_POOL_CLIENT_ID);

type Context = { sub: string; username: string; groups: string; originJti: string };
const REFUSED = { isAuthorized: false, context: { sub: '', username: '', groups: '', originJti: '' } };

/** Lets in who brings an access token, as a bearer or in the session's cookie; with a cookie only what this origin's own pages ask for. */
export const handler = async (event: APIGatewayRequestAuthorizerEventV2): Promise<APIGatewaySimpleAuthorizerWithContextResult<Context>> => {
  const headers = event.headers ?? {};
  const bearer = /^Bearer +(\S+)$/i.exec(headers['authorization'] ?? '')?.[1];
  const token = bearer ?? sessionTokenOf({ cookies: event.cookies, headers });
  if (!token || (!bearer && isForeign(event.requestContext.http.method, headers))) return REFUSED;
  const session = await verify(token);
  if (!session) return REFUSED;
  return { isAuthorized: true, context: { sub: session.subject, username: session.username, groups: session.groups.join(' '), originJti: session.signInId ?? '' } };
};
