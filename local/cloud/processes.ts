import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');
export const STATE = join(ROOT, '.proband');
export const BIN = join(ROOT, 'node_modules', '.bin');
export const PYTHON = join(ROOT, '.venv', 'bin', 'python');

const started: { name: string; child: ChildProcess }[] = [];

/** Starts a process in its own group, its output in a log file; `stopAll` ends it by its own process id. */
export const start = (name: string, command: string, args: string[], env: Record<string, string>, folder: string): ChildProcess => {
  mkdirSync(folder, { recursive: true });
  const log = openSync(join(folder, `${name}.log`), 'a');
  const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', log, log], detached: true });
  started.push({ name, child });
  return child;
};

const gone = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const signal = (child: ChildProcess, name: NodeJS.Signals): void => {
  try {
    process.kill(-child.pid!, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

export const stop = async (child: ChildProcess): Promise<void> => {
  if (!child.pid) return;
  signal(child, 'SIGTERM');
  for (let waited = 0; waited < 50 && !gone(child); waited++) await new Promise((resolve) => setTimeout(resolve, 100));
  signal(child, 'SIGKILL');
};

/** Ends every process that was started here, the newest first. */
export const stopAll = async (): Promise<void> => {
  for (const { child } of started.splice(0).reverse()) await stop(child);
};

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
