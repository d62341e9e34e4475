import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Packaged, { inflate } from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

/** Where Debian's package, Google's package and macOS keep theirs. */
const INSTALLED = ['/usr/bin/chromium', '/opt/google/chrome/chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'].find((path) => existsSync(path));
/** An npm package carries a Chromium for this machine, compressed. */
const PACKAGED = process.platform === 'linux' && process.arch === 'x64';

/** Why there is no browser, where there is none. */
export const NO_BROWSER = INSTALLED || PACKAGED ? false : `no Chromium: none is installed, and the packaged one is for linux-x64, this is ${process.platform}-${process.arch}`;

/** A browser without a window: the machine's own Chromium, or the packaged one, unpacked into `scratch` with the libraries that it needs. */
export const openBrowser = async (scratch: string): Promise<Browser> => {
  const args = ['--disable-gpu', '--disable-quic', '--disable-sync'];
  if (INSTALLED) return chromium.launch({ executablePath: INSTALLED, args });
  const before = process.env['TMPDIR'];
  // the package unpacks where temporary files go
  process.env['TMPDIR'] = scratch;
  try {
    const executablePath = await Packaged.executablePath();
    const libraries = await inflate(fileURLToPath(new URL('../bin/al2023.tar.br', import.meta.resolve('@sparticuz/chromium'))));
    return await chromium.launch({ executablePath, args, env: { ...process.env, LD_LIBRARY_PATH: `${libraries}/lib` } as Record<string, string> });
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
};
