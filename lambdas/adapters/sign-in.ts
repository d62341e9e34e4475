import {
  AssociateSoftwareTokenCommand,
  type AuthenticationResultType,
  type ChallengeNameType,
  type CognitoIdentityProviderClient,
  CognitoIdentityProviderServiceException,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
  SetUserMFAPreferenceCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';

export type Tokens = { accessToken: string; idToken: string; expiresAt: number };

/** What a sign-in may ask for; each is asked only when the user pool does. Without `newPassword` or `enrol` a first sign-in is refused. */
export type Answers = {
  /** the one-time code that the device shows now */
  code: () => Promise<string> | string;
  newPassword?: () => Promise<string> | string;
  /** takes the key of a new one-time-code device (base32), before its first code is asked */
  enrol?: (secret: string) => void;
};

/** The user pool does not let this person in, in one line. */
export class SignInRefused extends Error {}
/** The pool asks for what only a first sign-in answers: a password of one's own, a one-time-code device. */
export class FirstSignInNeeded extends SignInRefused {
  constructor() {
    super('the first sign-in chooses a password and adds a one-time-code device: proband login');
  }
}
/** The pool has had too many attempts. */
export class SignInThrottled extends SignInRefused {}

/** What the pool answers to a code that is not the device's present one. */
const CODE_REFUSED = new Set(['CodeMismatchException', 'EnableSoftwareTokenMFAException', 'ExpiredCodeException']);
const THROTTLED = new Set(['TooManyRequestsException', 'LimitExceededException', 'TooManyFailedAttemptsException']);

/**
 * Signs in by password and one-time code. At the first sign-in the invitation's password is replaced and a device is added. Throws
 * SignInRefused where the pool refuses what the person gave.
 */
export const signIn = async (cognito: CognitoIdentityProviderClient, clientId: string, username: string, password: string, answers: Answers): Promise<Tokens> => {
  try {
    return await challenged(cognito, clientId, username, password, answers);
  } catch (error) {
    if (!(error instanceof CognitoIdentityProviderServiceException) || error.$fault !== 'client') throw error;
    const why = CODE_REFUSED.has(error.name) ? 'the one-time code is not the one that the device shows now (6 digits, new every 30 seconds, good for one use)' : error.message;
    const Refused = THROTTLED.has(error.name) ? SignInThrottled : SignInRefused;
    throw new Refused(`${username} was not signed in: ${why.split('\n')[0]}`, { cause: error });
  }
};

const challenged = async (cognito: CognitoIdentityProviderClient, clientId: string, username: string, password: string, answers: Answers): Promise<Tokens> => {
  const respond = (challenge: ChallengeNameType, session: string | undefined, responses: Record<string, string>) =>
    cognito.send(new RespondToAuthChallengeCommand({ ClientId: clientId, ChallengeName: challenge, Session: session, ChallengeResponses: { USERNAME: username, ...responses } }));
  let answer = await cognito.send(new InitiateAuthCommand({ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: clientId, AuthParameters: { USERNAME: username, PASSWORD: password } }));
  let byDevice = false;
  while (!answer.AuthenticationResult) {
    const { ChallengeName: challenge, Session: session } = answer;
    switch (challenge) {
      case 'NEW_PASSWORD_REQUIRED':
        if (!answers.newPassword) throw new FirstSignInNeeded();
        answer = await respond(challenge, session, { NEW_PASSWORD: await answers.newPassword() });
        break;
      case 'MFA_SETUP':
        answer = await respond(challenge, await addDevice(cognito, { Session: session }, answers), {});
        byDevice = true;
        break;
      case 'SOFTWARE_TOKEN_MFA':
        answer = await respond(challenge, session, { SOFTWARE_TOKEN_MFA_CODE: await answers.code() });
        byDevice = true;
        break;
      default:
        throw new Error(`the sign-in asks for ${challenge ?? 'nothing known'}, which this client does not know`);
    }
  }
  const tokens = tokensOf(answer.AuthenticationResult);
  // a pool that lets in without a device: the person who is in adds it
  if (!byDevice && answers.enrol) {
    await addDevice(cognito, { AccessToken: tokens.accessToken }, answers);
    await cognito.send(new SetUserMFAPreferenceCommand({ AccessToken: tokens.accessToken, SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true } }));
  }
  return tokens;
};

/** Adds a one-time-code device by its first code; answers the session that goes on. */
const addDevice = async (cognito: CognitoIdentityProviderClient, by: { Session: string | undefined } | { AccessToken: string }, { enrol, code }: Answers) => {
  if (!enrol) throw new FirstSignInNeeded();
  const { SecretCode, Session } = await cognito.send(new AssociateSoftwareTokenCommand(by));
  enrol(SecretCode!);
  const whose = 'AccessToken' in by ? by : { Session };
  return (await cognito.send(new VerifySoftwareTokenCommand({ ...whose, UserCode: await code() }))).Session;
};

const tokensOf = ({ AccessToken, IdToken, ExpiresIn }: AuthenticationResultType): Tokens => {
  if (!AccessToken || !IdToken) throw new Error('the sign-in gave no token');
  return { accessToken: AccessToken, idToken: IdToken, expiresAt: Date.now() + (ExpiresIn ?? 3600) * 1000 };
};
