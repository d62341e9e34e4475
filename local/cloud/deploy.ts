import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BIN, ROOT } from './processes.ts';

const ACCOUNT = '000000000000';

/** Runs the real CDK CLI; a failure is an Error with the end of what it said. */
const cdk = (args: string[], env: Record<string, string>): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(join(BIN, 'node'), [join(BIN, 'cdk'), ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env, CDK_DEFAULT_ACCOUNT: ACCOUNT, CDK_DEFAULT_REGION: env['AWS_REGION'], CI: 'true' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`cdk ${args[0]} ended with ${code}: ${said.join('').trim().split('\n').slice(-15).join('\n')}`))));
  });

export const bootstrap = (env: Record<string, string>): Promise<void> => cdk(['bootstrap', `aws://${ACCOUNT}/${env['AWS_REGION']}`, '--app', '', '--no-notices'], env);

/** Deploys every stack of the environment; answers the outputs by name, all stacks together. */
export const deploy = async (env: Record<string, string>, folder: string): Promise<Record<string, string>> => {
  const outputs = join(folder, 'outputs.json');
  await cdk(
    [
      'deploy',
      '--all',
      '-c',
      'environment=local',
      '--require-approval',
      'never',
      '--outputs-file',
      outputs,
      '--output',
      join(folder, 'cdk.out'),
      '--no-notices',
      '--concurrency',
      '2',
    ],
    env,
  );
  return Object.assign({}, ...Object.values(JSON.parse(readFileSync(outputs, 'utf8')) as Record<string, Record<string, string>>)) as Record<string, string>;
};
