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
  if (isLeaving()) throw new Error(`${name} was not started: everything is being stopped`);
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

let stopped: Promise<void> | undefined;

/** Ends every process that was started here, then this one. A second call waits for the first one's end. */
export const leave = async (code: number): Promise<never> => {
  stopped ??= stopAll();
  await stopped;
  process.exit(code);
};

/** This process was asked to end: what fails from now on fails for that. */
export const isLeaving = (): boolean => stopped !== undefined;

/** Ctrl-C comes twice, from the terminal and from the parent process; a closed terminal is SIGHUP. */
export const leaveOnSignals = (code: () => number): void => {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => void leave(code()));
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
