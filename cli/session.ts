import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import * as z from 'zod';
import { ROLES } from '../lambdas/contracts/principal.ts';
import { type Client, clientOf } from './client.ts';
import { codeOf, signIn } from './sign-in.ts';

/** A user's mistake: one line, exit code 2. */
export class UsageError extends Error {}

/** What `npm run local -- --ready FILE` writes. */
const Ready = z.object({
  apiUrl: z.string(),
  tokens: z.record(z.string(), z.string()),
  endpoint: z.string(),
  userPoolClientId: z.string(),
  people: z.record(z.string(), z.object({ username: z.string(), password: z.string(), totpSecret: z.string() })),
});

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

/** The client of whoever the options, the environment or the stored sign-in name. */
export const sessionOf = (options: GlobalOptions): { client: Client; secondAuthentication: () => Promise<string> } => {
  if (options.ready) {
    const ready = readJson(Ready, options.ready, '--ready');
    const role = options.as ?? 'data-scientist';
    const token = ready.tokens[role];
    const person = ready.people[role];
    if (!token || !person) throw new UsageError(`--as ${role}: allowed are ${ROLES.join(', ')}`);
    const cognito = new CognitoIdentityProviderClient({ endpoint: ready.endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
    return {
      client: clientOf(ready.apiUrl, () => token),
      secondAuthentication: async () => (await signIn(cognito, ready.userPoolClientId, person.username, person.password, () => codeOf(person.totpSecret))).idToken,
    };
  }
  const apiUrl = options.apiUrl ?? process.env['PROBAND_API_URL'];
  const token = options.token ?? process.env['PROBAND_TOKEN'];
  if (apiUrl && token) {
    return {
      client: clientOf(apiUrl, () => token),
      secondAuthentication: () => Promise.reject(new UsageError('a signature needs a second authentication: sign in with `proband login` first')),
    };
  }
  const stored = readJson(Stored, STORED, 'the stored sign-in (proband login, or --api-url and --token, or --ready)');
  if (stored.expiresAt < Date.now()) throw new UsageError('the sign-in has expired: proband login');
  const cognito = new CognitoIdentityProviderClient({ region: stored.region });
  return {
    client: clientOf(stored.apiUrl, () => stored.accessToken),
    secondAuthentication: async () => (await signIn(cognito, stored.userPoolClientId, stored.username, await ask('password: ', true), await codePrompt())).idToken,
  };
};

/** Asks for password and one-time code, and keeps the access token (never the password) for this user alone. */
export const login = async (apiUrl: string, region: string, userPoolClientId: string, username: string): Promise<string> => {
  const cognito = new CognitoIdentityProviderClient({ region });
  const tokens = await signIn(cognito, userPoolClientId, username, await ask('password: ', true), await codePrompt(), (secret) =>
    console.log(`add this key to your one-time-code app, then sign in again: ${secret}`),
  );
  mkdirSync(dirname(STORED), { recursive: true, mode: 0o700 });
  writeFileSync(
    STORED,
    JSON.stringify({ apiUrl, region, userPoolClientId, username, accessToken: tokens.accessToken, expiresAt: tokens.expiresAt } satisfies z.infer<typeof Stored>),
    { mode: 0o600 },
  );
  return STORED;
};

const codePrompt = async (): Promise<() => string> => {
  const code = await ask('one-time code: ', false);
  return () => code;
};

/** One line from the terminal; a hidden one is not echoed. */
const ask = (prompt: string, hidden: boolean): Promise<string> =>
  new Promise((resolve) => {
    process.stderr.write(prompt);
    const { stdin } = process;
    if (hidden && stdin.isTTY) stdin.setRawMode(true);
    let text = '';
    const take = (chunk: Buffer) => {
      for (const character of chunk.toString('utf8')) {
        if (character === '\r' || character === '\n') {
          if (hidden && stdin.isTTY) stdin.setRawMode(false);
          stdin.off('data', take);
          stdin.pause();
          process.stderr.write('\n');
          return resolve(text);
        }
        if (character === '\u0003') process.exit(130);
        text = character === '\u007f' ? text.slice(0, -1) : text + character;
      }
    };
    stdin.on('data', take);
    stdin.resume();
  });
