import {
  AssociateSoftwareTokenCommand,
  type CognitoIdentityProviderClient,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { generateSync } from 'otplib';

export type Person = { username: string; password: string; totpSecret: string };
export type Tokens = { accessToken: string; idToken: string; expiresAt: number };

const tokensOf = (result: { AccessToken?: string | undefined; IdToken?: string | undefined; ExpiresIn?: number | undefined } | undefined): Tokens => {
  if (!result?.AccessToken || !result.IdToken) throw new Error('the sign-in gave no token');
  return { accessToken: result.AccessToken, idToken: result.IdToken, expiresAt: Date.now() + (result.ExpiresIn ?? 3600) * 1000 };
};

export const codeOf = (totpSecret: string): string => generateSync({ secret: totpSecret });

/** Password, then the one-time code. A person without a TOTP device gets one at the first sign-in; its secret is answered by `enrol`. */
export const signIn = async (
  cognito: CognitoIdentityProviderClient,
  clientId: string,
  username: string,
  password: string,
  code: () => string,
  enrol?: (secret: string) => void,
): Promise<Tokens> => {
  const first = await cognito.send(new InitiateAuthCommand({ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: clientId, AuthParameters: { USERNAME: username, PASSWORD: password } }));
  if (first.AuthenticationResult) return tokensOf(first.AuthenticationResult);
  if (first.ChallengeName === 'MFA_SETUP' && enrol) {
    const { SecretCode, Session } = await cognito.send(new AssociateSoftwareTokenCommand({ Session: first.Session }));
    enrol(SecretCode!);
    const verified = await cognito.send(new VerifySoftwareTokenCommand({ Session, UserCode: code() }));
    const done = await cognito.send(
      new RespondToAuthChallengeCommand({ ClientId: clientId, ChallengeName: 'MFA_SETUP', Session: verified.Session, ChallengeResponses: { USERNAME: username } }),
    );
    return tokensOf(done.AuthenticationResult);
  }
  if (first.ChallengeName !== 'SOFTWARE_TOKEN_MFA') throw new Error(`the sign-in asks for ${first.ChallengeName ?? 'nothing known'}, which this client does not know`);
  const second = await cognito.send(
    new RespondToAuthChallengeCommand({
      ClientId: clientId,
      ChallengeName: 'SOFTWARE_TOKEN_MFA',
      Session: first.Session,
      ChallengeResponses: { USERNAME: username, SOFTWARE_TOKEN_MFA_CODE: code() },
    }),
  );
  return tokensOf(second.AuthenticationResult);
};
