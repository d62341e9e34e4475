import assert from 'node:assert/strict';
import { closeSync, globSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bundleLambdas, bundleOf, handlerNames } from '../../infra/bundle.ts';
import { nativeModules } from '../../infra/native-modules.ts';

/** e_machine of an ELF header (bytes 18 and 19, little endian): https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html */
const MACHINE = { arm64: 183, x86_64: 62 } as const;
/** Lambda's limit of an unzipped package */
const LIMIT_BYTES = 250 * 2 ** 20;

const elfMachine = (path: string): number | undefined => {
  const header = Buffer.alloc(20);
  const file = openSync(path, 'r');
  readSync(file, header, 0, 20, 0);
  closeSync(file);
  return header.toString('latin1', 0, 4) === '\x7fELF' ? header.readUInt16LE(18) : undefined;
};

for (const architecture of ['arm64', 'x86_64'] as const) {
  test(`${architecture}: every handler is bundled; native libraries are for this machine and the packages fit`, async () => {
    await bundleLambdas(architecture, nativeModules(architecture));
    const folders = new Set(handlerNames().map((name) => bundleOf(name).folder));
    const machines = new Set<number | undefined>();
    for (const folder of folders) {
      const files = globSync('**/*', { cwd: folder })
        .map((path) => join(folder, path))
        .filter((path) => statSync(path).isFile());
      assert.ok(
        files.some((path) => path.endsWith('.mjs')),
        folder,
      );
      assert.ok(files.reduce((sum, path) => sum + statSync(path).size, 0) < LIMIT_BYTES, `${folder} fits into 250 MB`);
      for (const path of files.filter((path) => /\.(node|so)(\.[\d.]+)?$/.test(path))) machines.add(elfMachine(path));
    }
    assert.deepEqual([...machines], [MACHINE[architecture]]);
  });
}
