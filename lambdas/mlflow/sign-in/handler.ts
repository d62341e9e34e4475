import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { accessTokenVerifier } from '../../adapters/access-token.ts';
import { cognito } from '../../adapters/clients.ts';
import { log } from '../../adapters/log.ts';
import { FirstSignInNeeded, SignInRefused, SignInThrottled, type Tokens, signIn } from '../../adapters/sign-in.ts';
import { isForeign } from '../../domain/identity/same-origin.ts';
import { noSessionCookie, sessionCookie, sessionTokenOf } from '../../domain/identity/session-cookie.ts';
import { REFUSALS, type Refusal, signInPage, signedInPage } from '../../domain/identity/sign-in-page.ts';
import { Environment, Form, To } from './contract.ts';

type Result = APIGatewayProxyStructuredResultV2;

const env = Environment.parse(process.env);
const verify = accessTokenVerifier(env.USER_POOL_ID, env.USER_POOL_CLIENT_ID);

/** The sign-in of browsers: a form, and a session in a cookie for as long as the access token holds. */
export const handler = async (event: APIGatewayProxyEventV2): Promise<Result> => {
  const { host } = event.headers;
  const to = To.parse(event.queryStringParameters?.['to']);
  if (event.requestContext.http.method !== 'POST') {
    const token = sessionTokenOf(event);
    const session = token ? await verify(token) : undefined;
    return answer(200, session ? signedInPage(session.username, to) : signInPage());
  }
  if (isForeign('POST', event.headers)) return refuse('foreign');
  if (event.routeKey.endsWith('/logout')) return see('login', noSessionCookie(host));
  const entered = await enter(event);
  log.info('sign-in', { result: typeof entered === 'string' ? entered : 'success', requestId: event.requestContext.requestId });
  return typeof entered === 'string' ? refuse(entered) : see(`${to}/`, sessionCookie(entered.accessToken, (entered.expiresAt - Date.now()) / 1000, host));
};

const enter = async (event: APIGatewayProxyEventV2): Promise<Tokens | Refusal> => {
  const text = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString('utf8');
  const form = Form.safeParse(Object.fromEntries(new URLSearchParams(text)));
  if (!form.success) return 'credentials';
  const { username, password, code } = form.data;
  try {
    return await signIn(cognito(), env.USER_POOL_CLIENT_ID, username, password, { code: () => code });
  } catch (error) {
    if (!(error instanceof SignInRefused)) throw error;
    return error instanceof FirstSignInNeeded ? 'first' : error instanceof SignInThrottled ? 'throttled' : 'credentials';
  }
};

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
};

const answer = (statusCode: number, body: string): Result => ({ statusCode, headers: HEADERS, body });
const refuse = (refusal: Refusal): Result => answer(REFUSALS[refusal].status, signInPage(refusal));
const see = (location: string, cookie: string): Result => ({ statusCode: 303, headers: { ...HEADERS, location }, cookies: [cookie] });
