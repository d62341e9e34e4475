import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { SignInRefused, signIn } from '../../../lambdas/adapters/sign-in.ts';

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const TOKENS = { AccessToken: 'access', IdToken: 'id', ExpiresIn: 60 };

/** A request as Cognito gets it, and the answer that its API reference documents at that point. */
type Exchange = { operation: string; request: Record<string, unknown>; answer: Record<string, unknown>; status?: number };

/** The dialogue of a pool that insists on a device, which the local cloud's Cognito does not: it never asks MFA_SETUP. */
const FIRST_SIGN_IN: Exchange[] = [
  {
    operation: 'InitiateAuth',
    request: { AuthFlow: 'USER_PASSWORD_AUTH', ClientId: 'client', AuthParameters: { USERNAME: 'a.curie', PASSWORD: 'invited' } },
    answer: { ChallengeName: 'NEW_PASSWORD_REQUIRED', Session: 's1', ChallengeParameters: {} },
  },
  {
    operation: 'RespondToAuthChallenge',
    request: { ClientId: 'client', ChallengeName: 'NEW_PASSWORD_REQUIRED', Session: 's1', ChallengeResponses: { USERNAME: 'a.curie', NEW_PASSWORD: 'chosen' } },
    answer: { ChallengeName: 'MFA_SETUP', Session: 's2', ChallengeParameters: { MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]' } },
  },
  { operation: 'AssociateSoftwareToken', request: { Session: 's2' }, answer: { SecretCode: SECRET, Session: 's3' } },
  { operation: 'VerifySoftwareToken', request: { Session: 's3', UserCode: '123456' }, answer: { Status: 'SUCCESS', Session: 's4' } },
  {
    operation: 'RespondToAuthChallenge',
    request: { ClientId: 'client', ChallengeName: 'MFA_SETUP', Session: 's4', ChallengeResponses: { USERNAME: 'a.curie' } },
    answer: { AuthenticationResult: TOKENS },
  },
];

describe('sign-in', () => {
  let expected: Exchange[] = [];
  let asked: string[] = [];
  const server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString('utf8')) as Record<string, unknown>;
    const exchange = expected.shift();
    const operation = String(request.headers['x-amz-target']).split('.')[1]!;
    const agrees = exchange !== undefined && operation === exchange.operation && isDeepStrictEqual(body, exchange.request);
    const [status, answer] = agrees
      ? [exchange.status ?? 200, exchange.answer]
      : [400, { __type: 'UnexpectedRequest', message: `${operation} ${JSON.stringify(body)}, expected ${JSON.stringify(exchange)}` }];
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer));
  });
  let cognito: CognitoIdentityProviderClient;
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cognito = new CognitoIdentityProviderClient({ region: 'eu-central-1', endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  });
  after(() => {
    cognito.destroy();
    server.close();
  });
  const answers = {
    newPassword: () => {
      asked.push('new password');
      return 'chosen';
    },
    enrol: (secret: string) => void asked.push(`device ${secret}`),
    code: () => {
      asked.push('code');
      return '123456';
    },
  };
  const enter = (dialogue: Exchange[], given: Partial<typeof answers> & Pick<typeof answers, 'code'> = answers) => {
    expected = [...dialogue];
    asked = [];
    return signIn(cognito, 'client', 'a.curie', 'invited', given);
  };

  it('replaces the password, adds a device and asks for its code only then', async () => {
    const { accessToken, idToken } = await enter(FIRST_SIGN_IN);
    assert.deepEqual([accessToken, idToken, expected], ['access', 'id', []]);
    assert.deepEqual(asked, ['new password', `device ${SECRET}`, 'code']);
  });

  it('is refused where the pool asks for what only the first sign-in may answer', async () => {
    await assert.rejects(enter(FIRST_SIGN_IN.slice(0, 1), { code: answers.code }), SignInRefused);
    await assert.rejects(enter(FIRST_SIGN_IN.slice(0, 2), { code: answers.code, newPassword: answers.newPassword }), { message: /proband login$/ });
    assert.deepEqual(asked, ['new password']);
  });

  it('says in one line what the pool does not take', async () => {
    const refusedBy = (__type: string, message: string, after: Exchange[]): Exchange[] => [...after.slice(0, -1), { ...after.at(-1)!, status: 400, answer: { __type, message } }];
    const weak = refusedBy('InvalidPasswordException', 'Password did not conform with policy: Password not long enough', FIRST_SIGN_IN.slice(0, 2));
    await assert.rejects(enter(weak), { message: 'a.curie was not signed in: Password did not conform with policy: Password not long enough' });
    for (const name of ['EnableSoftwareTokenMFAException', 'CodeMismatchException'])
      await assert.rejects(enter(refusedBy(name, 'Code mismatch', FIRST_SIGN_IN.slice(0, 4))), {
        message: /^a\.curie was not signed in: the one-time code is not the one .*6 digits/,
      });
  });
});
