import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import * as z from 'zod';
import { ROLES } from '../lambdas/contracts/principal.ts';
import { generateURI } from 'otplib';
import { type Client, clientOf } from './client.ts';
import { Ready } from './ready.ts';
import { type Answers, SignInRefused, type Tokens, signIn } from '../lambdas/adapters/sign-in.ts';
import { codeOf } from './one-time-code.ts';
import { ask } from './terminal.ts';

/** A user's mistake: one line, exit code 2. */
export class UsageError extends Error {}

const Stored = z.object({ apiUrl: z.string(), region: z.string(), userPoolClientId: z.string(), username: z.string(), accessToken: z.string(), expiresAt: z.number() });
const STORED = join(homedir(), '.proband', 'session.json');

export type GlobalOptions = { apiUrl?: string; token?: string; ready?: string; as?: string };

const readJson = <T>(schema: z.ZodType<T>, path: string, what: string): T => {
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new UsageError(`${what} ${path}: ${error instanceof z.ZodError ? 'is not what it should be' : 'cannot be read'}`);
  }
};

/** Who calls: the API's address, an access token, and a client that carries it. */
export type Session = { apiUrl: string; token: () => string; client: Client; secondAuthentication: () => Promise<string> };

/** The client of whoever the options, the environment or the stored sign-in name. */
export const sessionOf = (options: GlobalOptions): Session => {
  if (options.ready) {
    const ready = readJson(Ready, options.ready, '--ready');
    const role = options.as ?? 'data-scientist';
    const token = ready.tokens[role];
    const person = ready.people[role];
    if (!token || !person) throw new UsageError(`--as ${role}: allowed are ${ROLES.join(', ')}`);
    const cognito = new CognitoIdentityProviderClient({ endpoint: ready.endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
    return {
      apiUrl: ready.apiUrl,
      token: () => token,
      client: clientOf(ready.apiUrl, () => token),
      secondAuthentication: async () => (await signIn(cognito, ready.userPoolClientId, person.username, person.password, { code: () => codeOf(person.totpSecret) })).idToken,
    };
  }
  const apiUrl = options.apiUrl ?? process.env['PROBAND_API_URL'];
  const token = options.token ?? process.env['PROBAND_TOKEN'];
  if (apiUrl && token) {
    return {
      apiUrl,
      token: () => token,
      client: clientOf(apiUrl, () => token),
      secondAuthentication: () => Promise.reject(new UsageError('a signature needs a second authentication: sign in with `proband login` first')),
    };
  }
  const stored = readJson(Stored, STORED, 'the stored sign-in (proband login, or --api-url and --token, or --ready)');
  if (stored.expiresAt < Date.now()) throw new UsageError('the sign-in has expired: proband login');
  const cognito = new CognitoIdentityProviderClient({ region: stored.region });
  return {
    apiUrl: stored.apiUrl,
    token: () => stored.accessToken,
    client: clientOf(stored.apiUrl, () => stored.accessToken),
    secondAuthentication: async () => (await enter(cognito, stored.userPoolClientId, stored.username, { code })).idToken,
  };
};

/**
 * Asks for the password and what else the user pool wants, a new password and a one-time-code device at the first sign-in, and keeps the
 * access token (never the password) for this user alone. Answers where.
 */
export const login = async (apiUrl: string, region: string, userPoolClientId: string, username: string): Promise<string> => {
  const enrol = (secret: string) => console.error(`add this key to your one-time-code app:\n  ${secret}\n  ${generateURI({ issuer: 'Proband', label: username, secret })}`);
  const tokens = await enter(new CognitoIdentityProviderClient({ region }), userPoolClientId, username, { code, newPassword, enrol });
  mkdirSync(dirname(STORED), { recursive: true, mode: 0o700 });
  writeFileSync(
    STORED,
    JSON.stringify({ apiUrl, region, userPoolClientId, username, accessToken: tokens.accessToken, expiresAt: tokens.expiresAt } satisfies z.infer<typeof Stored>),
    { mode: 0o600 },
  );
  return STORED;
};

/** Signs in by what the person types. */
const enter = async (cognito: CognitoIdentityProviderClient, userPoolClientId: string, username: string, answers: Answers): Promise<Tokens> => {
  try {
    return await signIn(cognito, userPoolClientId, username, await secret('password'), answers);
  } catch (error) {
    throw error instanceof SignInRefused ? new UsageError(error.message) : error;
  }
};

const given = (line: string | null, what: string): string => {
  if (!line) throw new UsageError(`no ${what} was given`);
  return line;
};
const secret = async (what: string): Promise<string> => given(await ask(`${what}: `, { hidden: true }), what);
const code = async (): Promise<string> => given((await ask('one-time code: '))?.trim() ?? null, 'one-time code');

const newPassword = async (): Promise<string> => {
  const chosen = await secret('new password');
  if ((await secret('new password again')) !== chosen) throw new UsageError('the two new passwords differ');
  return chosen;
};
