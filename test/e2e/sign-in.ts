import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { AdminAddUserToGroupCommand, AdminCreateUserCommand, CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { codeOf } from '../../cli/one-time-code.ts';
import { PYTHON, ROOT } from '../../local/cloud/processes.ts';
import type { World } from './world.ts';

const USER = 'a.curie';
const INVITED = 'Invited-password-1!';
const CHOSEN = 'Chosen-password-2!';

type Ended = { code: number | null; shown: string };
/** What is typed when the prompt is shown, given all that was shown before it. */
type Typed = [prompt: string, line: (shown: string) => string];

/** A person whom an administrator invited signs in for the first time, on a terminal. */
export const signIn = (world: () => World): void => {
  describe('proband login', () => {
    let secret = '';
    const present = () => codeOf(secret);
    const absent = () => String((Number(present()) + 1) % 1_000_000).padStart(6, '0');

    before(async () => {
      const { cloud, output } = world();
      const { endpoint, env } = cloud.emulator;
      const cognito = new CognitoIdentityProviderClient({ endpoint, region: env['AWS_REGION']!, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
      const who = { UserPoolId: output('UserPoolId'), Username: USER };
      await cognito.send(new AdminCreateUserCommand({ ...who, TemporaryPassword: INVITED, MessageAction: 'SUPPRESS' }));
      await cognito.send(new AdminAddUserToGroupCommand({ ...who, GroupName: 'auditor' }));
    });

    it('takes no wrong password, and no new password that is typed in two ways', async () => {
      const wrong = await login(world(), [['password: ', () => 'Another-password-0!']]);
      refused(wrong, /^error: a\.curie was not signed in: Incorrect username or password/);
      const differing = await login(world(), [
        ['password: ', () => INVITED],
        ['new password: ', () => CHOSEN],
        ['new password again: ', () => `${CHOSEN}!`],
      ]);
      refused(differing, /^error: the two new passwords differ$/);
    });

    it('replaces the invitation’s password and adds a one-time-code device; nothing typed in secret is shown', async () => {
      const { code, shown } = await login(world(), [
        ['password: ', () => INVITED],
        ['new password: ', () => CHOSEN],
        ['new password again: ', () => CHOSEN],
        [
          'one-time code: ',
          (before) => {
            secret = /^ {2}([A-Z2-7]{16,})$/m.exec(before)?.[1] ?? assert.fail(`no key in ${before}`);
            return present();
          },
        ],
      ]);
      assert.equal(code, 0, shown);
      const address = new URL(/otpauth:\/\/\S+/.exec(shown)![0]);
      assert.deepEqual([address.searchParams.get('secret'), address.searchParams.get('issuer'), address.pathname.endsWith(`:${USER}`)], [secret, 'Proband', true]);
      assert.match(shown, /signed in; kept in /);
      for (const password of [INVITED, CHOSEN]) assert.ok(!shown.includes(password), 'a password was echoed');
      assert.equal(statSync(session(world())).mode & 0o777, 0o600);
      assert.ok(!readFileSync(session(world()), 'utf8').includes(CHOSEN), 'the password was kept');
    });

    it('calls the API as that person', async () => {
      const { code, shown } = await proband(world(), ['review', 'list'], []);
      assert.equal(code, 0, shown);
      assert.match(shown, /"reviewId": "rev_/);
      refused(await proband(world(), ['dataset', 'create', 'upl_00000000', '--name', 'mine'], []), /createDataset is for .+; this token has auditor/, 1);
    });

    it('asks for password and code from then on; a wrong code is one line', async () => {
      const again = await login(world(), [
        ['password: ', () => CHOSEN],
        ['one-time code: ', present],
      ]);
      assert.equal(again.code, 0, again.shown);
      assert.doesNotMatch(again.shown, /new password|otpauth/);
      const wrong = await login(world(), [
        ['password: ', () => CHOSEN],
        ['one-time code: ', absent],
      ]);
      refused(wrong, /^error: a\.curie was not signed in: the one-time code is not the one that the device shows now/);
      refused(await login(world(), [['password: ', () => INVITED]]), /Incorrect username or password/);
    });

    it('takes its answers from a pipe as well, and says so where they end', async () => {
      const piped = await proband(world(), loginArguments(world()), [], { typedAhead: `${CHOSEN}\n${present()}\n` });
      assert.equal(piped.code, 0, piped.shown);
      const short = await proband(world(), loginArguments(world()), [], { typedAhead: `${CHOSEN}\n` });
      refused(short, /^error: no one-time code was given$/);
    });
  });
};

const refused = ({ code, shown }: Ended, says: RegExp, expected = 2): void => {
  assert.equal(code, expected, shown);
  const errors = shown
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('error:'));
  assert.equal(errors.length, 1, shown);
  assert.match(errors[0]!, says);
  assert.ok(shown.trimEnd().endsWith(errors[0]!), `more than one line: ${shown}`);
};

const session = ({ scratch }: World) => join(scratch, '.proband', 'session.json');
const loginArguments = ({ cloud, output }: World) => [
  ...['--api-url', cloud.apiUrl, 'login', '--region', cloud.emulator.env['AWS_REGION']!],
  ...['--client-id', output('UserPoolClientId'), '--user', USER],
];
const login = (world: World, typed: Typed[]) => proband(world, loginArguments(world), typed);

/** Runs the client on a terminal and types each line when its prompt is shown, or off a terminal with everything typed ahead. */
const proband = ({ cloud, scratch }: World, args: string[], typed: Typed[], { typedAhead }: { typedAhead?: string } = {}): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const client = [process.execPath, '--disable-warning=ExperimentalWarning', join(ROOT, 'cli', 'main.ts'), ...args];
    const [command, ...rest] = typedAhead === undefined ? [PYTHON, join(import.meta.dirname, 'on-terminal.py'), ...client] : client;
    const { AWS_ENDPOINT_URL } = cloud.emulator.env;
    const child = spawn(command!, rest, { env: { PATH: process.env['PATH'], HOME: scratch, AWS_ENDPOINT_URL }, timeout: 60_000 });
    let shown = '';
    let answered = 0;
    const waiting = [...typed];
    const read = (chunk: string) => {
      shown += chunk;
      const [next] = waiting;
      if (!next || !shown.slice(answered).replaceAll('\r', '').endsWith(next[0])) return;
      waiting.shift();
      const line = next[1](shown.replaceAll('\r', ''));
      answered = shown.length;
      child.stdin.write(`${line}\n`);
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', read);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, shown: shown.replaceAll('\r', '') }));
    if (typedAhead !== undefined) child.stdin.end(typedAhead);
  });
