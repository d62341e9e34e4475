import { JwtVerifier } from 'aws-jwt-verify';
import { type Outcome, done, refused } from '../contracts/outcome.ts';
import type { SecondAuthentication } from '../domain/review/decision.ts';

/** Cognito's keys, at the endpoint that the SDK's standard setting names. */
const jwksUri = (userPoolId: string): string => `${process.env['AWS_ENDPOINT_URL'] ?? `https://cognito-idp.${userPoolId.split('_')[0]}.amazonaws.com`}/${userPoolId}/.well-known/jwks.json`;

/** Verifies an ID token of the user pool: signature, issuer, audience, expiry, use. A token that does not verify is an outcome. */
export const verifyIdToken = async (token: string, userPoolId: string, clientId: string): Promise<Outcome<SecondAuthentication>> => {
  const issuer = `https://cognito-idp.${userPoolId.split('_')[0]}.amazonaws.com/${userPoolId}`;
  const verifier = JwtVerifier.create({ issuer, audience: clientId, jwksUri: `${issuer}/.well-known/jwks.json`, graceSeconds: 5 });
  const response = await fetch(jwksUri(userPoolId), { signal: AbortSignal.timeout(5000) });
  if (!response.ok) throw new Error(`the user pool's keys answered ${response.status}`);
  verifier.cacheJwks((await response.json()) as Parameters<typeof verifier.cacheJwks>[0]);
  try {
    const claims = await verifier.verify(token);
    if (claims['token_use'] !== 'id') return refused(403, 'Second authentication', `the second authentication must be an ID token; this is of use ${String(claims['token_use'])}`);
    return done({ subject: String(claims.sub), authTime: Number(claims['auth_time']), sessionId: String(claims['origin_jti'] ?? claims.jti) });
  } catch (error) {
    return refused(403, 'Second authentication', `the second authentication does not verify: ${(error as Error).name}`);
  }
};
