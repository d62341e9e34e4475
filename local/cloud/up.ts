import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentOf } from '../../config/environments/environment.ts';
import { HOME_PROJECT } from '../../lambdas/contracts/project.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import { bootstrap, deploy } from './deploy.ts';
import { lockObjects } from './object-lock.ts';
import { type People, invitePeople } from './people.ts';
import { PYTHON, ROOT, STATE, start } from './processes.ts';

export type Cloud = { emulator: Emulator; apiUrl: string; outputs: Record<string, string>; people: People; tracker: Tracker };

const output = (outputs: Record<string, string>, name: string): string => {
  const value = outputs[name];
  if (!value) throw new Error(`the deployment has no output ${name}; it has ${Object.keys(outputs).join(', ')}`);
  return value;
};

/** Where the worker's jobs record their runs, and the file that its operator keeps a token in. */
export type Tracker = { MLFLOW_TRACKING_URI: string; PROBAND_TRACKING_TOKEN_FILE: string };

/** One worker: the container's own entry point, in the project's Python. */
export const startWorker = (emulator: Emulator, queueUrl: string, folder: string, tracker: Tracker) =>
  start(
    'worker',
    PYTHON,
    ['-m', 'virtual_patient.worker', '--queue-url', queueUrl, '--endpoint-url', emulator.endpoint, '--work', join(folder, 'worker')],
    {
      ...emulator.env,
      ...tracker,
      PYTHONPATH: join(ROOT, 'containers', 'src'),
      JAX_COMPILATION_CACHE_DIR: join(STATE, 'jax-cache'),
      JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS: '0',
    },
    join(STATE, 'logs'),
  );

export type Phase = <T>(title: string, run: () => Promise<T>) => Promise<T>;

/** Emulator, bootstrap, deployment, worker, people; each phase is told to `phase`. */
export const cloudUp = async (phase: Phase): Promise<Cloud> => {
  // outside the checkout: a function must find its own packages only, and its bootstrap is CommonJS
  const folder = mkdtempSync(join(tmpdir(), 'proband-cloud-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const emulator = await phase('start the local cloud', () => startEmulator(folder));
  await phase('cdk bootstrap', () => bootstrap(emulator.env));
  const outputs = await phase('cdk deploy --all -c environment=local', () => deploy(emulator.env, folder));
  const apiUrl = localApiUrl(emulator.endpoint, output(outputs, 'ApiUrl'));
  await lockObjects(emulator, join(folder, 'cdk.out'), output(outputs, 'AuditBucketName'));
  const people = await phase('invite one person per role, each with a one-time-code device', () =>
    invitePeople(output(outputs, 'UserPoolId'), output(outputs, 'UserPoolClientId'), emulator.endpoint, emulator.env['AWS_REGION']!),
  );
  const tracker = { MLFLOW_TRACKING_URI: `${apiUrl}/mlflow/${HOME_PROJECT}`, PROBAND_TRACKING_TOKEN_FILE: join(folder, 'tracking-token') };
  await keepToken(people, tracker.PROBAND_TRACKING_TOKEN_FILE);
  startWorker(emulator, output(outputs, 'JobsQueueUrl'), folder, tracker);
  return { emulator, apiUrl, outputs, people, tracker };
};

/** A token of the ML engineer, renewed long before its hour is over. */
const RENEWED_EVERY_MS = 20 * 60_000;
const keepToken = async (people: People, file: string): Promise<void> => {
  const write = async () => writeFileSync(file, (await people.signIn('ml-engineer')).accessToken, { mode: 0o600 });
  await write();
  setInterval(() => void write().catch(() => undefined), RENEWED_EVERY_MS).unref();
};

/** On AWS the output is the API's address; the emulator serves the same API below its own. */
const localApiUrl = (endpoint: string, apiUrl: string): string => {
  const id = /^https?:\/\/([a-z0-9]+)\.execute-api\./.exec(apiUrl)?.[1];
  return id ? `${endpoint}${environmentOf('local').apiPath(id)}` : apiUrl.replace(/\/$/, '');
};
