import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BIN, PYTHON, ROOT, STATE, freePort, start } from './processes.ts';

export type Emulator = {
  endpoint: string;
  /** what an AWS client, the CDK CLI and the worker need to reach it */
  env: Record<string, string>;
};

/** What reaches an emulator at that address. */
export const clientEnvironment = (endpoint: string): Record<string, string> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  // Lambdas run on the first `node` of PATH, the app's own Node
  PATH: `${BIN}:${process.env['PATH']}`,
  ORT_DISABLE_TELEMETRY: '1',
});

/** Starts the local cloud on a free port of 127.0.0.1, with its files below the folder, and waits until it answers. */
export const startEmulator = async (folder: string): Promise<Emulator> => {
  const scratch = join(folder, 'tmp');
  mkdirSync(scratch);
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const env = clientEnvironment(endpoint);
  const child = start(
    'cloud',
    PYTHON,
    ['-m', 'ministack'],
    {
      ...env,
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      LAMBDA_EXECUTOR: 'local',
      // a burst's surplus processes are given back soon
      LAMBDA_WARM_TTL_SECONDS: '5',
      CLOUDTRAIL_RECORDING: '1',
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      TMPDIR: scratch,
    },
    join(STATE, 'logs'),
  );
  for (let waited = 0; waited < 300; waited++) {
    if (child.exitCode !== null) throw new Error(`the local cloud ended with ${child.exitCode}: see ${join(STATE, 'logs', 'cloud.log')}`);
    const answer = await fetch(`${endpoint}/_ministack/health`).catch(() => null);
    if (answer?.ok) return { endpoint, env };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the local cloud did not answer at ${endpoint} within 30 s (${ROOT})`);
};
