// MLflow's own web interface, compiled, lies in its PyPI package (Apache-2.0): fetched at set-up, never committed. Plain JavaScript: the
// set-up runs on the machine's own Node.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const ROOT = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const REQUIREMENT = join(ROOT, 'infra', 'mlflow-interface.txt');
export const INTERFACE = join(ROOT, 'dist', 'mlflow-interface');
const STAMP = '.requirement';
const BUILD = join('mlflow', 'server', 'js', 'build');
/** What shrinks; pictures and fonts are compressed already. */
const TEXT = /\.(css|js|mjs|json|html|svg|txt|ttf|eot)$/;
/** Above this, in bytes, gzip is worth its header; a page's own files are smaller. */
const WORTH_BYTES = 1024;

/** Whether the folder holds what the pinned requirement names. */
export const interfaceIsCurrent = () => {
  const stamp = join(INTERFACE, STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(REQUIREMENT, 'utf8');
};

/** Downloads the package (its hash is pinned) by that Python's pip, unpacks and compresses the interface. Throws where it cannot. */
export const fetchInterface = (python) => {
  const scratch = mkdtempSync(join(tmpdir(), 'proband-interface-'));
  const part = `${INTERFACE}.part`;
  try {
    call(python, ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--require-hashes', '-r', REQUIREMENT, '-d', scratch]);
    const wheel = readdirSync(scratch).find((name) => name.endsWith('.whl'));
    if (!wheel) throw new Error(`${REQUIREMENT} names no wheel`);
    call(python, ['-m', 'zipfile', '-e', join(scratch, wheel), join(scratch, 'package')]);
    const unpacked = join(scratch, 'package');
    rmSync(part, { recursive: true, force: true });
    mkdirSync(part, { recursive: true });
    compress(join(unpacked, BUILD), part);
    const licences = join(unpacked, `${wheel.split('-').slice(0, 2).join('-')}.dist-info`, 'licenses');
    for (const name of readdirSync(licences)) cpSync(join(licences, name), join(part, name));
    writeFileSync(join(part, STAMP), readFileSync(REQUIREMENT));
    rmSync(INTERFACE, { recursive: true, force: true });
    renameSync(part, INTERFACE);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
    rmSync(part, { recursive: true, force: true });
  }
};

const compress = (from, to) => {
  for (const entry of readdirSync(from, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const target = join(to, path.slice(from.length));
    mkdirSync(join(target, '..'), { recursive: true });
    const bytes = readFileSync(path);
    if (TEXT.test(entry.name) && bytes.length > WORTH_BYTES) writeFileSync(`${target}.gz`, gzipSync(bytes, { level: 9 }));
    else writeFileSync(target, bytes);
  }
};

const call = (command, args) => {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${args.slice(0, 3).join(' ')}: ${error ? error.message : (stderr.trim().split('\n').at(-1) ?? `ended with ${status}`)}`);
};
