import { CognitoJwtVerifier } from 'aws-jwt-verify';
import {
  CognitoJwtInvalidClientIdError,
  CognitoJwtInvalidTokenUseError,
  FetchError,
  JwtBaseError,
  JwtExpiredError,
  JwtInvalidIssuerError,
  JwtInvalidSignatureError,
  JwtParseError,
} from 'aws-jwt-verify/error';
import { type Outcome, done, refused } from '../contracts/outcome.ts';
import type { FreshSignIn } from '../domain/review/decision.ts';

/** Verifies ID tokens of a user pool: signature, issuer, audience, use and expiry. */
export const idTokenVerifier = (userPoolId: string, clientId: string) => {
  const verifier = CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse: 'id' });
  return async (token: string): Promise<Outcome<FreshSignIn>> => {
    try {
      const { sub, auth_time, jti, origin_jti } = await verifier.verify(token);
      if (!origin_jti) return notAccepted('an ID token without origin_jti');
      return done({ subject: sub, authTime: auth_time, tokenId: jti, signInId: origin_jti });
    } catch (error) {
      if (!(error instanceof JwtBaseError) || error instanceof FetchError) throw error;
      return notAccepted(REASONS.find(([kind]) => error instanceof kind)?.[1] ?? 'another token');
    }
  };
};

/** The verifier's messages quote the token's content: these do not. */
const REASONS: readonly (readonly [new (...args: never[]) => Error, string])[] = [
  [JwtParseError, 'not a token'],
  [JwtExpiredError, 'an expired ID token'],
  [JwtInvalidSignatureError, 'a token whose signature does not verify'],
  [JwtInvalidIssuerError, 'a token of another issuer'],
  [CognitoJwtInvalidTokenUseError, 'a token of another kind'],
  [CognitoJwtInvalidClientIdError, 'a token for another client'],
];

const notAccepted = (what: string) =>
  refused(403, 'Second authentication refused', `secondAuthentication: ${what}, allowed: an ID token of this user pool from a sign-in of the last five minutes`);
