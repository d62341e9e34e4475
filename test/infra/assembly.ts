import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { type Environment, environmentOf } from '../../config/environments/environment.ts';
import { addStacks } from '../../infra/app.ts';
import { bundleLambdas } from '../../infra/bundle.ts';
import { nativeModules } from '../../infra/native-modules.ts';

export const ENVIRONMENTS = ['local', 'dev', 'prod'] as const;

export type Resource = {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template's properties are free-form JSON
  Properties: any;
  DeletionPolicy?: string;
};
export type Template = { Resources: Record<string, Resource>; Outputs?: Record<string, unknown> };
export type Stacks = Record<'data' | 'app' | 'tracking' | 'guard', Template>;

const ROOT = join(import.meta.dirname, '..', '..');
// cdk-lib's own template validation is most of a synthesis; nag.test.ts keeps it on
process.env['CDK_VALIDATION'] ??= 'false';

/** The app of an environment as `cdk` would make it, not yet synthesised. */
export const appOf = async (name: string): Promise<{ app: App; environment: Environment }> => {
  const environment = environmentOf(name);
  await bundleLambdas(environment.architecture, nativeModules(environment.architecture));
  const outdir = mkdtempSync(join(tmpdir(), `proband-${name}-`));
  process.on('exit', () => rmSync(outdir, { recursive: true, force: true }));
  const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as { context: Record<string, unknown> };
  const app = new App({ outdir, context, analyticsReporting: false });
  addStacks(app, environment);
  return { app, environment };
};

const made = new Map<string, Promise<Stacks>>();
let last: Promise<unknown> = Promise.resolve();

/** The synthesised templates of an environment, by stack; `guard` is empty where it is left out. Made once per process, one by one. */
export const stacksOf = (name: string): Promise<Stacks> => {
  const known = made.get(name);
  if (known) return known;
  const stacks = last.then(async () => {
    const { app } = await appOf(name);
    const assembly = app.synth();
    const template = (stack: string): Template =>
      assembly.tryGetArtifact(`proband-${name}-${stack}`) ? (assembly.getStackByName(`proband-${name}-${stack}`).template as Template) : { Resources: {} };
    return { data: template('data'), app: template('app'), tracking: template('tracking'), guard: template('guard') };
  });
  last = stacks;
  made.set(name, stacks);
  return stacks;
};

/** Every resource of a type, in all stacks, with its logical id. */
export const resourcesOf = (stacks: Stacks, type: string): [string, Resource][] =>
  Object.values(stacks).flatMap(({ Resources }) => Object.entries(Resources).filter(([, { Type }]) => Type === type));

/** The one resource of a type. */
export const onlyResource = (stacks: Stacks, type: string): Resource & { id: string } => {
  const [found, ...others] = resourcesOf(stacks, type);
  assert.ok(found && others.length === 0, `exactly one ${type}`);
  return { id: found[0], ...found[1] };
};
