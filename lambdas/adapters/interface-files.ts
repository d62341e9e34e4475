import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { gunzipSync } from 'node:zlib';

export type StoredFile = { bytes: Buffer; gzipped: boolean };
export type Files = { read: (name: string, gzip: boolean) => StoredFile | undefined };

const GZIP = '.gz';

/**
 * The files below a folder, by name; text lies there gzipped and is unpacked for those who do not take it so. Only names that were found
 * there are ever opened. Undefined where there is no such folder.
 */
export const filesBelow = (folder: string): Files | undefined => {
  if (!existsSync(folder)) return undefined;
  const stored = new Set(
    globSync('**/*', { cwd: folder })
      .filter((path) => statSync(join(folder, path)).isFile())
      .map((path) => path.split(sep).join('/')),
  );
  return {
    read: (name, gzip) => {
      if (stored.has(name)) return { bytes: readFileSync(join(folder, name)), gzipped: false };
      if (!stored.has(name + GZIP)) return undefined;
      const bytes = readFileSync(join(folder, name + GZIP));
      return gzip ? { bytes, gzipped: true } : { bytes: gunzipSync(bytes), gzipped: false };
    },
  };
};
