import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Client, clientOf } from '../../cli/client.ts';
import type { Role } from '../../lambdas/contracts/principal.ts';
import { STATE, stopAll } from '../../local/cloud/processes.ts';
import { type Cloud, cloudUp } from '../../local/cloud/up.ts';
import { type Cohorts, cohortsOf } from '../../local/life/cohorts.ts';
import type { Report } from '../../local/life/report.ts';
import { type Narrator, narrator } from '../../local/life/show.ts';

/** A running local cloud, its people, and everything that it and the life said. */
export type World = {
  cloud: Cloud;
  cohorts: Cohorts;
  as: (role: Role) => Client;
  narrate: Narrator;
  report: Report;
  /** pages and exports that the life keeps */
  folder: string;
  s3: S3Client;
  dynamo: DynamoDBDocumentClient;
  states: SFNClient;
  output: (name: string) => string;
  /** what the emulator and its functions, or the workers, wrote since the start */
  log: (name: 'cloud' | 'worker') => string;
  /** what this process printed since the start */
  printed: () => string;
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

/** Starts the cloud on free ports; whatever was started is stopped again where a part of it fails. */
export const raise = async (): Promise<World> => {
  const printed = tee();
  const logs = { cloud: join(STATE, 'logs', 'cloud.log'), worker: join(STATE, 'logs', 'worker.log') };
  const starts = { cloud: bytesOf(logs.cloud), worker: bytesOf(logs.worker) };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => void stopAll().then(() => process.exit(1)));
  const narrate = narrator();
  const report: Report = { outcome: 'failed', seconds: narrate.seconds, peakMemoryMiB: 0, files: {} };
  const folder = mkdtempSync(join(tmpdir(), 'proband-life-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  try {
    const cloud = await cloudUp((title, run) => narrate.step(title, run));
    report.api = { url: cloud.apiUrl };
    const client = { endpoint: cloud.emulator.endpoint, region: cloud.emulator.env['AWS_REGION']!, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
    return {
      cloud,
      cohorts: cohortsOf({}),
      as: (role) => clientOf(cloud.apiUrl, () => cloud.people.token(role)),
      narrate,
      report,
      folder,
      s3: new S3Client({ ...client, forcePathStyle: true }),
      dynamo: DynamoDBDocumentClient.from(new DynamoDBClient(client)),
      states: new SFNClient(client),
      output: (name) => cloud.outputs[name] ?? missing(name),
      log: (name) => readFrom(logs[name], starts[name]),
      printed: () => printed.join(''),
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
};

const missing = (name: string): never => {
  throw new Error(`the deployment has no output ${name}`);
};

/** Keeps a copy of all that goes to stdout. */
const tee = (): string[] => {
  const kept: string[] = [];
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = ((chunk: string | Uint8Array, ...rest: never[]) => {
    kept.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
    return write(chunk, ...rest);
  }) as typeof process.stdout.write;
  return kept;
};
