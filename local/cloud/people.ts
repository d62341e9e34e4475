import { randomBytes } from 'node:crypto';
import { AdminAddUserToGroupCommand, AdminCreateUserCommand, AdminSetUserPasswordCommand, CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { type Person, codeOf } from '../../cli/one-time-code.ts';
import { type Tokens, signIn } from '../../lambdas/adapters/sign-in.ts';
import { ROLES, type Role } from '../../lambdas/contracts/principal.ts';

export type People = { signIn: (role: Role) => Promise<Tokens>; token: (role: Role) => Promise<string>; people: Record<Role, Person> };

const cognitoOf = (endpoint: string, region: string) => new CognitoIdentityProviderClient({ endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });

/** One person per role, each with a password and a one-time-code device, as a user pool's administrator would make them. */
export const invitePeople = async (userPoolId: string, clientId: string, endpoint: string, region: string): Promise<People> => {
  const cognito = cognitoOf(endpoint, region);
  const people = {} as Record<Role, Person>;
  for (const role of ROLES) {
    const person: Person = { username: `demo-${role}`, password: `${randomBytes(12).toString('base64url')}aA1!`, totpSecret: '' };
    people[role] = person;
    await cognito.send(
      new AdminCreateUserCommand({
        UserPoolId: userPoolId,
        Username: person.username,
        MessageAction: 'SUPPRESS',
        TemporaryPassword: person.password,
        UserAttributes: [
          { Name: 'email', Value: `${person.username}@example.org` },
          { Name: 'email_verified', Value: 'true' },
        ],
      }),
    );
    await cognito.send(new AdminSetUserPasswordCommand({ UserPoolId: userPoolId, Username: person.username, Password: person.password, Permanent: true }));
    await cognito.send(new AdminAddUserToGroupCommand({ UserPoolId: userPoolId, Username: person.username, GroupName: role }));
    await signIn(cognito, clientId, person.username, person.password, {
      code: () => codeOf(person.totpSecret),
      enrol: (secret) => {
        person.totpSecret = secret;
      },
    });
  }
  return peopleOf(people, clientId, endpoint, region);
};

/** The people of a local cloud, who sign in when a token is asked for. */
export const peopleOf = (people: Record<Role, Person>, clientId: string, endpoint: string, region: string): People => {
  const cognito = cognitoOf(endpoint, region);
  const tokens = new Map<Role, Tokens>();
  const enter = (role: Role): Promise<Tokens> => {
    const { username, password, totpSecret } = people[role];
    return signIn(cognito, clientId, username, password, { code: () => codeOf(totpSecret) });
  };
  return {
    people,
    signIn: enter,
    token: async (role) => {
      let current = tokens.get(role);
      if (!current || current.expiresAt - Date.now() < 60_000) {
        current = await enter(role);
        tokens.set(role, current);
      }
      return current.accessToken;
    },
  };
};
