import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Client, clientOf } from '../../cli/client.ts';
import type { Role } from '../../lambdas/contracts/principal.ts';
import { ROOT, STATE, stopAll } from '../../local/cloud/processes.ts';
import { readReady } from '../../local/cloud/ready.ts';
import type { Cloud } from '../../local/cloud/up.ts';
import { type Cohorts, cohortsOf } from '../../local/life/cohorts.ts';
import type { Report } from '../../local/life/report.ts';
import { type Narrator, narrator } from '../../local/life/show.ts';

/** A life that `npm start` lived, the cloud that it left up, its people, and everything that was said. */
export type World = {
  cloud: Cloud;
  cohorts: Cohorts;
  as: (role: Role) => Client;
  narrate: Narrator;
  report: Report;
  /** where the ready file lies */
  ready: string;
  /** pages and exports that the life keeps */
  folder: string;
  /** for files of the tests */
  scratch: string;
  s3: S3Client;
  dynamo: DynamoDBDocumentClient;
  states: SFNClient;
  output: (name: string) => string;
  /** what the emulator and its functions, or the workers, wrote since the start */
  log: (name: 'cloud' | 'worker') => string;
  /** what the life printed */
  printed: () => string;
  /** asks the life to end as Ctrl-C does, twice; answers its exit code */
  end: () => Promise<number | null>;
};

const bytesOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

const readFrom = (path: string, start: number): string => {
  const content = Buffer.alloc(Math.max(0, bytesOf(path) - start));
  if (content.length === 0) return '';
  const file = openSync(path, 'r');
  readSync(file, content, 0, content.length, start);
  closeSync(file);
  return content.toString('utf8');
};

/** Lives a life as `npm start` does, after its set-up. The life's process is ended where it did not come to its end. */
export const raise = async (): Promise<World> => {
  const logs = { cloud: join(STATE, 'logs', 'cloud.log'), worker: join(STATE, 'logs', 'worker.log') };
  const starts = { cloud: bytesOf(logs.cloud), worker: bytesOf(logs.worker) };
  const scratch = mkdtempSync(join(tmpdir(), 'proband-e2e-'));
  process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
  const [ready, reportPath] = [join(scratch, 'ready.json'), join(scratch, 'report.json')];
  const printed: string[] = [];
  const life = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(ROOT, 'local', 'life', 'main.ts'), '--report', reportPath, '--ready', ready], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [life.stdout, life.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      printed.push(chunk);
      // tokens are the last that it prints
      if (!existsSync(reportPath)) process.stdout.write(chunk);
    });
  }
  const end = () => ended(life);
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => void Promise.all([end(), stopAll()]).then(() => process.exit(1)));
  await new Promise<void>((resolve, reject) => {
    const looking = setInterval(() => existsSync(ready) && settle(resolve), 200);
    const settle = (how: () => void) => {
      clearInterval(looking);
      how();
    };
    life.once('exit', (code) => settle(() => reject(new Error(`the life ended with ${code}: ${printed.join('').trim().split('\n').at(-1)}`))));
  });
  const cloud = readReady(ready);
  const client = { endpoint: cloud.emulator.endpoint, region: cloud.emulator.env['AWS_REGION']!, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  return {
    cloud,
    cohorts: cohortsOf({}),
    as: (role) => clientOf(cloud.apiUrl, () => cloud.people.token(role)),
    narrate: narrator(),
    report: JSON.parse(readFileSync(reportPath, 'utf8')) as Report,
    ready,
    folder: join(STATE, 'life'),
    scratch,
    s3: new S3Client({ ...client, forcePathStyle: true }),
    dynamo: DynamoDBDocumentClient.from(new DynamoDBClient(client)),
    states: new SFNClient(client),
    output: (name) => cloud.outputs[name] ?? missing(name),
    log: (name) => readFrom(logs[name], starts[name]),
    printed: () => printed.join(''),
    end,
  };
};

const ended = async (life: ChildProcess): Promise<number | null> => {
  if (life.exitCode !== null || life.signalCode !== null) return life.exitCode;
  const code = new Promise<number | null>((resolve) => life.once('exit', resolve));
  life.kill('SIGINT');
  life.kill('SIGINT');
  return code;
};

const missing = (name: string): never => {
  throw new Error(`the deployment has no output ${name}`);
};
