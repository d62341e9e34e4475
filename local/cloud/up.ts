import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Emulator, startEmulator } from './emulator.ts';
import { bootstrap, deploy } from './deploy.ts';
import { lockObjects } from './object-lock.ts';
import { type People, invitePeople } from './people.ts';
import { PYTHON, ROOT, STATE, start } from './processes.ts';

export type Cloud = { emulator: Emulator; apiUrl: string; outputs: Record<string, string>; people: People };

const output = (outputs: Record<string, string>, name: string): string => {
  const value = outputs[name];
  if (!value) throw new Error(`the deployment has no output ${name}; it has ${Object.keys(outputs).join(', ')}`);
  return value;
};

/** One worker: the container's own entry point, in the project's Python. */
export const startWorker = (emulator: Emulator, queueUrl: string, folder: string) =>
  start(
    'worker',
    PYTHON,
    ['-m', 'virtual_patient.worker', '--queue-url', queueUrl, '--endpoint-url', emulator.endpoint, '--work', join(folder, 'worker')],
    { ...emulator.env, PYTHONPATH: join(ROOT, 'containers', 'src'), JAX_COMPILATION_CACHE_DIR: join(STATE, 'jax-cache'), JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS: '0' },
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
  startWorker(emulator, output(outputs, 'JobsQueueUrl'), folder);
  const people = await phase('invite one person per role, each with a one-time-code device', () =>
    invitePeople(output(outputs, 'UserPoolId'), output(outputs, 'UserPoolClientId'), emulator.endpoint, emulator.env['AWS_REGION']!),
  );
  return { emulator, apiUrl, outputs, people };
};

/** On AWS the output is the API's address; the emulator serves the same API below its own. */
const localApiUrl = (endpoint: string, apiUrl: string): string => {
  const id = /^https?:\/\/([a-z0-9]+)\.execute-api\./.exec(apiUrl)?.[1];
  return id ? `${endpoint}/_aws/execute-api/${id}` : apiUrl.replace(/\/$/, '');
};
