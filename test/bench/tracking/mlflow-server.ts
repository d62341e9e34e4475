import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrackedRun } from '../../../lambdas/contracts/tracking.ts';
import { PYTHON, STATE } from '../../../local/cloud/processes.ts';
import { startMlflowServer } from '../../mlflow-server.ts';

/** Locked by: uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 mlflow-requirements.in -o mlflow-requirements.txt */
const REQUIREMENTS = join(import.meta.dirname, 'mlflow-requirements.txt');

/** An environment of its own for MLflow's server, kept between runs. Throws one line where it cannot be made. */
const environment = (): string => {
  const folder = join(STATE, `mlflow-${createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12)}`);
  const installed = join(folder, '.installed');
  if (existsSync(installed)) return folder;
  rmSync(folder, { recursive: true, force: true });
  for (const [command, ...args] of [
    [PYTHON, '-m', 'venv', folder],
    [join(folder, 'bin', 'python'), '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--require-hashes', '-r', REQUIREMENTS],
  ] as [string, ...string[]][]) {
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`mlflow could not be installed: ${String(stderr).trim().split('\n').at(-1)}`);
  }
  writeFileSync(installed, '');
  return folder;
};

export type MlflowServer = { url: string; python: string; fill: (experiment: string, runs: readonly TrackedRun[]) => void; stop: () => void };

/** Runs written into its store at once: by calls they would take an hour. */
const filling =
  (python: string, database: string) =>
  (experiment: string, runs: readonly TrackedRun[]): void => {
    const input = JSON.stringify({
      experiment,
      runs: runs.map(({ runId, name, userId, status, startTime, endTime, lifecycle, artifactUri, params, tags, metrics }) => ({
        id: runId,
        name,
        user: userId,
        status,
        start: startTime,
        end: endTime,
        lifecycle,
        uri: artifactUri,
        params,
        tags,
        metrics,
      })),
    });
    const { status, stderr } = spawnSync(python, [join(import.meta.dirname, 'fill-sqlite.py'), database], { encoding: 'utf8', input });
    if (status !== 0) throw new Error(`runs could not be written into SQLite: ${stderr.trim().split('\n').at(-1)}`);
  };

/** The server, and the means to fill its store. */
export const startMlflow = async (folder: string): Promise<MlflowServer> => {
  const bin = join(environment(), 'bin');
  const python = join(bin, 'python');
  return { ...(await startMlflowServer(join(bin, 'mlflow'), folder)), python, fill: filling(python, join(folder, 'mlflow.db')) };
};
