import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, isAbsolute, join } from 'node:path';
import { freePort } from '../local/cloud/processes.ts';

const PATIENCE_S = 120;

/** `mlflow server` with SQLite (`mlflow.db`) and artifacts in the folder, one worker, on a free port of 127.0.0.1. `mlflow`: its command. */
export const startMlflowServer = async (mlflow: string, folder: string): Promise<{ url: string; stop: () => void }> => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const options = {
    'backend-store-uri': `sqlite:///${join(folder, 'mlflow.db')}`,
    'artifacts-destination': join(folder, 'artifacts'),
    host: '127.0.0.1',
    port: new URL(url).port,
    workers: '1',
  };
  // a group of its own: the server has workers, which its own environment's commands start
  const server: ChildProcess = spawn(mlflow, ['server', ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])], {
    cwd: folder,
    env: { ...process.env, ...(isAbsolute(mlflow) ? { PATH: `${dirname(mlflow)}:${process.env['PATH']}` } : {}), MLFLOW_DISABLE_TELEMETRY: 'true' },
    stdio: 'ignore',
    detached: true,
  });
  const stop = (): void => {
    if (server.exitCode === null) process.kill(-server.pid!, 'SIGKILL');
  };
  for (let waited = 0; waited < PATIENCE_S * 10; waited++) {
    if (server.exitCode !== null) throw new Error(`mlflow server ended with ${server.exitCode}`);
    if ((await fetch(`${url}/health`).catch(() => null))?.ok) return { url, stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  stop();
  throw new Error(`mlflow server did not answer within ${PATIENCE_S} s`);
};
