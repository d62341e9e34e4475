#!/usr/bin/env node
// Runs on the machine's own Node (>= 20) before anything is installed: sets up what is missing from the lock files, then hands over to
// the Node and the Python of the project. Nothing is installed outside the checkout.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchInterface, interfaceIsCurrent } from '../infra/mlflow-interface.mjs';
import { TARGETS, helpOf, parse } from './options.mjs';

const ROOT = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const VENV = join(ROOT, '.venv');
const REQUIREMENTS = ['requirements.txt', 'requirements-export.txt', 'requirements-dev.txt'].map((name) => join(ROOT, 'containers', name));

const fail = (message) => {
  console.error(`error: ${message}`);
  process.exit(2);
};

const digest = (paths) => paths.reduce((hash, path) => hash.update(readFileSync(path)), createHash('sha256')).digest('hex');
const isCurrent = (stamp, wanted) => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;

const run = (title, command, args, env = {}) => {
  const started = Date.now();
  process.stdout.write(`  ${title} ... `);
  const result = spawnSync(command, args, { cwd: ROOT, env: { ...process.env, ...env }, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (result.status !== 0) {
    process.stdout.write('failed\n');
    fail(
      `${title}: \`${command} ${args.join(' ')}\` ${result.error ? result.error.message : `ended with ${result.status}`}\n${`${result.stdout ?? ''}${result.stderr ?? ''}`.trim().split('\n').slice(-12).join('\n')}`,
    );
  }
  process.stdout.write(`${((Date.now() - started) / 1000).toFixed(1)} s\n`);
};

const installNode = () => {
  const stamp = join(ROOT, 'node_modules', '.proband-lock');
  const wanted = digest([join(ROOT, 'package-lock.json')]);
  if (isCurrent(stamp, wanted)) return;
  // onnxruntime-node's install script downloads CUDA libraries that nothing here uses
  run('Node packages from package-lock.json', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { ONNXRUNTIME_NODE_INSTALL: 'skip' });
  writeFileSync(stamp, wanted);
};

const pythonCommand = () => {
  for (const command of ['python3.11', 'python3.12', 'python3.13', 'python3']) {
    const { stdout, status } = spawnSync(command, ['-c', 'import sys; print(sys.version_info[0] * 100 + sys.version_info[1])'], { encoding: 'utf8' });
    const version = Number(stdout);
    if (status === 0 && version >= 311 && version <= 313) return command;
  }
  return fail('no Python found in PATH: version 3.11, 3.12 or 3.13 is needed');
};

const installPython = () => {
  const stamp = join(VENV, '.proband-lock');
  const wanted = digest(REQUIREMENTS);
  if (isCurrent(stamp, wanted)) return;
  if (!existsSync(join(VENV, 'bin', 'python'))) {
    rmSync(VENV, { recursive: true, force: true });
    run('Python environment', pythonCommand(), ['-m', 'venv', VENV]);
  }
  run('Python packages from containers/requirements*.txt', join(VENV, 'bin', 'python'), [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--no-deps',
    '--require-hashes',
    ...REQUIREMENTS.flatMap((path) => ['-r', path]),
  ]);
  writeFileSync(stamp, wanted);
};

/** The app goes without: its pages then say so. */
const installInterface = () => {
  if (interfaceIsCurrent()) return;
  const started = Date.now();
  process.stdout.write('  MLflow’s web interface from infra/mlflow-interface.txt ... ');
  try {
    fetchInterface(join(VENV, 'bin', 'python'));
    process.stdout.write(`${((Date.now() - started) / 1000).toFixed(1)} s\n`);
  } catch (error) {
    process.stdout.write(
      `failed: ${error.message}\n  going on without it: the tracking address and the API work, its pages say that they are not there; the next start tries again\n`,
    );
  }
};

const [target, ...args] = process.argv.slice(2);
if (!Object.hasOwn(TARGETS, target ?? '')) fail(`unknown target "${target ?? ''}": allowed are ${Object.keys(TARGETS).join(', ')}`);
if (Number(process.versions.node.split('.')[0]) < 20) fail(`Node ${process.versions.node} is too old: 20 or newer is needed`);
if (target !== 'proband' && (args.includes('--help') || args.includes('-h'))) {
  console.log(helpOf(target));
  process.exit(0);
}
try {
  if (target !== 'proband') parse(target, args);
} catch (error) {
  fail(error.message);
}
const started = Date.now();
installNode();
if (TARGETS[target].python !== false) {
  installPython();
  installInterface();
}

const child = spawn(join(ROOT, 'node_modules', '.bin', 'node'), ['--disable-warning=ExperimentalWarning', join(ROOT, TARGETS[target].entry), ...args], {
  cwd: ROOT,
  stdio: 'inherit',
  // INIT_CWD: paths that the user names are relative to where npm was called
  env: { ...process.env, ORT_DISABLE_TELEMETRY: '1', PROBAND_SETUP_SECONDS: String((Date.now() - started) / 1000) },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
