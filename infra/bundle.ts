import { INTERFACE } from './mlflow-interface.mjs';
import { cpSync, existsSync, globSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Metafile, build } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');
const BUNDLES = join(ROOT, 'dist', 'lambdas');
/** A folder per process: two that synthesise at once do not meet. The cloud assembly takes a copy. */
const OWN = join(BUNDLES, String(process.pid));

type Architecture = 'arm64' | 'x86_64';
const bundled = new Set<Architecture>();
/** What `bundleOf` answers from. */
let current: Architecture | undefined;
const folderFor = (architecture: Architecture) => join(OWN, architecture);

/** Native libraries are not bundled: the handlers that use one share a folder that carries it. */
const NATIVE = {
  duckdb: { entry: '@duckdb/node-api', sources: [], packages: (target: string) => ['@duckdb/node-api', '@duckdb/node-bindings', `@duckdb/node-bindings-${target}`, 'detect-libc'] },
  onnx: { entry: 'onnxruntime-node', sources: ['/lib'], packages: () => ['onnxruntime-node', 'onnxruntime-common'] },
} as const;
export type Native = keyof typeof NATIVE;
/** Folders that a handler reads files from, where there are such: they lie beside its code. */
const BESIDE: Readonly<Record<string, { folder: string; as: string }>> = { 'mlflow/pages': { folder: INTERFACE, as: 'interface' } };

/** `lambdas/lake/describe-file/handler.ts` → `lake/describe-file` */
export const handlerNames = (): string[] =>
  globSync('lambdas/*/*/handler.ts', { cwd: ROOT })
    .map((path) => dirname(path).split(/[\\/]/).slice(1).join('/'))
    .sort();

/** Handlers bundled at a time: esbuild holds all their code and source maps in memory, 40 MiB for each. */
const TOGETHER = 20;

/**
 * Bundles every handler. A plain handler gets a folder of its own, `<capability>/<handler>/index.mjs`; those
 * that need a native library come together in `<library>/`, beside the library for `architecture`.
 */
export const bundleLambdas = async (architecture: Architecture, nativeModules: (packageName: string) => string): Promise<void> => {
  current = architecture;
  if (bundled.has(architecture)) return;
  tidy();
  const out = folderFor(architecture);
  const names = handlerNames();
  const outputs: Metafile['outputs'] = {};
  for (let start = 0; start < names.length; start += TOGETHER) Object.assign(outputs, (await bundle(names.slice(start, start + TOGETHER), out)).outputs);
  const target = `linux-${architecture === 'arm64' ? 'arm64' : 'x64'}`;
  for (const name of names) {
    const output = outputs[relative(ROOT, join(out, name, 'index.mjs'))];
    const library = (Object.keys(NATIVE) as Native[]).find((native) => output?.imports.some(({ path }) => path === NATIVE[native].entry));
    if (!library) continue;
    const folder = join(out, library);
    if (!existsSync(folder)) {
      for (const packageName of NATIVE[library].packages(target)) {
        const from = nativeModules(packageName);
        cpSync(from, join(folder, 'node_modules', packageName), {
          recursive: true,
          dereference: true,
          filter: (path) => shipped(path.slice(from.length), target, NATIVE[library].sources),
        });
      }
    }
    mkdirSync(folder, { recursive: true });
    renameSync(join(out, name, 'index.mjs'), join(folder, `${name.replace('/', '-')}.mjs`));
    rmSync(join(out, name), { recursive: true });
  }
  for (const [name, { folder, as }] of Object.entries(BESIDE)) if (existsSync(folder)) cpSync(folder, join(out, name, as), { recursive: true });
  bundled.add(architecture);
};

const bundle = async (names: readonly string[], outdir: string): Promise<Metafile> =>
  (
    await build({
      absWorkingDir: ROOT,
      entryPoints: names.map((name) => ({ in: `lambdas/${name}/handler.ts`, out: `${name}/index` })),
      outdir,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      minifySyntax: true,
      sourcemap: 'linked',
      sourcesContent: false,
      metafile: true,
      legalComments: 'none',
      logLevel: 'warning',
      mainFields: ['module', 'main'],
      loader: { '.html': 'text', '.css': 'text' },
      external: Object.values(NATIVE).map(({ entry }) => entry),
      banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    })
  ).metafile;

process.on('exit', () => rmSync(OWN, { recursive: true, force: true }));

/** What processes that were killed left an hour ago or earlier. */
const tidy = (): void => {
  for (const folder of existsSync(BUNDLES) ? readdirSync(BUNDLES).map((name) => join(BUNDLES, name)) : []) {
    if (folder !== OWN && Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0) > 3_600_000) rmSync(folder, { recursive: true, force: true });
  }
};

/** Only the target's binaries, and no scripts, tests, maps or `sources` (folders that the package's own code is compiled from). */
const shipped = (path: string, target: string, sources: readonly string[]): boolean => {
  const [, binding] = /^\/bin\/napi-v\d+\/(.+)$/.exec(path) ?? [];
  if (binding !== undefined) return target.replace('-', '/').startsWith(binding) || binding.startsWith(target.replace('-', '/'));
  return !sources.includes(path) && !/^\/(script|test)(\/|$)|\.(map|md)$|\.d\.(m|c)?ts$/.test(path);
};

/** Where this handler's bundle lies and what its entry is called. */
export const bundleOf = (handler: string): { folder: string; entry: string } => {
  if (!current) throw new Error('the handlers are not bundled yet: call bundleLambdas first');
  const out = folderFor(current);
  for (const native of Object.keys(NATIVE)) {
    if (existsSync(join(out, native, `${handler.replace('/', '-')}.mjs`))) return { folder: join(out, native), entry: `${handler.replace('/', '-')}.handler` };
  }
  const folder = join(out, ...handler.split('/'));
  if (!existsSync(folder)) throw new Error(`no bundle for ${handler}: is there lambdas/${handler}/handler.ts?`);
  return { folder, entry: 'index.handler' };
};
