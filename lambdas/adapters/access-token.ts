import { CognitoJwtVerifier } from 'aws-jwt-verify';
import { FetchError, JwtBaseError } from 'aws-jwt-verify/error';

/** Who an access token is of. */
export type Session = { subject: string; username: string; groups: string[]; signInId: string | undefined; expiresAt: number };

/** Verifies access tokens of a user pool: signature, issuer, client, use and expiry. Undefined for any other text; the pool's keys are kept. */
export const accessTokenVerifier = (userPoolId: string, clientId: string) => {
  const verifier = CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse: 'access' });
  return async (token: string): Promise<Session | undefined> => {
    try {
      const claims = await verifier.verify(token);
      return { subject: claims.sub, username: claims.username, groups: claims['cognito:groups'] ?? [], signInId: claims.origin_jti, expiresAt: claims.exp * 1000 };
    } catch (error) {
      if (!(error instanceof JwtBaseError) || error instanceof FetchError) throw error;
      return undefined;
    }
  };
};
