import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const STAGED = join(ROOT, 'dist', 'native');

/**
 * Where a package lies for the functions' architecture: in node_modules, or, for another machine's binaries, staged from the registry at
 * the lock file's version and checked against its integrity.
 */
export const nativeModules = (architecture: 'arm64' | 'x86_64'): ((packageName: string) => string) => {
  const own = process.arch === (architecture === 'arm64' ? 'arm64' : 'x64') && process.platform === 'linux';
  return (packageName) => {
    const installed = join(ROOT, 'node_modules', packageName);
    if (existsSync(installed)) return installed;
    if (own) throw new Error(`node_modules/${packageName} is missing: run npm ci`);
    return stage(packageName);
  };
};

const stage = (packageName: string): string => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Record<string, { version: string; integrity: string }> };
  const locked = lock.packages[`node_modules/${packageName}`];
  if (!locked) throw new Error(`package-lock.json holds no ${packageName}`);
  const folder = join(STAGED, `${packageName.replace('/', '+')}@${locked.version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(STAGED, { recursive: true });
  const packed = spawnSync('npm', ['pack', `${packageName}@${locked.version}`, '--pack-destination', STAGED, '--json', '--loglevel=error'], { encoding: 'utf8', cwd: ROOT });
  if (packed.status !== 0) throw new Error(`npm pack ${packageName}@${locked.version} ended with ${packed.status}: ${packed.stderr.trim().split('\n').at(-1)}`);
  const archive = join(STAGED, (JSON.parse(packed.stdout) as { filename: string }[])[0]!.filename.replace('@', '').replace('/', '-'));
  const integrity = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (integrity !== locked.integrity) throw new Error(`${packageName}@${locked.version} has integrity ${integrity}, package-lock.json says ${locked.integrity}`);
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  const unpacked = spawnSync('tar', ['-xzf', archive, '-C', part, '--strip-components=1']);
  if (unpacked.status !== 0) throw new Error(`tar could not unpack ${archive}`);
  rmSync(archive);
  renameSync(part, folder);
  return folder;
};
