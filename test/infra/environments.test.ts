import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { environmentOf } from '../../config/environments/environment.ts';
import { type Stacks, resourcesOf, stacksOf } from './assembly.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const [local, dev] = [await stacksOf('local'), await stacksOf('dev')];

const countTypes = (stacks: Stacks, stack: 'data' | 'app'): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { Type } of Object.values(stacks[stack].Resources)) counts[Type] = (counts[Type] ?? 0) + 1;
  return counts;
};

/** Alarms that the emulator refuses; they are left out with the guard stack. */
const GUARD_TYPES = /^AWS::CloudWatch::(CompositeAlarm|AnomalyDetector)$/;

test('the local cloud holds what dev holds, less what its environment leaves out', () => {
  assert.deepEqual(countTypes(local, 'data'), countTypes(dev, 'data'));
  const [here, there] = [countTypes(local, 'app'), countTypes(dev, 'app')];
  const differing = [...new Set([...Object.keys(here), ...Object.keys(there)])].filter((type) => here[type] !== there[type] && !GUARD_TYPES.test(type));
  // compute: the worker's role and policy stand where the jobs' stand; the relay there has a role and two policies of its own
  assert.deepEqual(
    differing.map((type) => [type, there[type]! - here[type]!]),
    [
      ['AWS::IAM::Role', 1],
      ['AWS::IAM::ManagedPolicy', 2],
    ],
  );
  assert.deepEqual(local.guard.Resources, {});
});

test('the same functions run, with the same settings but for the overrides of the environment file', () => {
  const settings = (stacks: Stacks, name: string) =>
    new Map(
      resourcesOf(stacks, 'AWS::Lambda::Function').map(([, { Properties: p }]) => [
        p.FunctionName.replace(`proband-${name}-`, ''),
        `${p.Handler} ${p.MemorySize} ${p.Timeout} ${Object.keys(p.Environment.Variables).sort()}`,
      ]),
    );
  const overrides = Object.keys(environmentOf('local').functionEnvironment);
  const everywhere = (name: string) => [...settings(dev, 'dev').values()].every((text) => text.includes(name));
  const stripped = new Map(
    [...settings(local, 'local')].map(([fn, text]) => [fn, overrides.reduce((left, name) => (everywhere(name) ? left : left.replace(`,${name}`, '')), text)]),
  );
  const there = settings(dev, 'dev');
  // mirrors into SageMaker, where that is the backend
  assert.ok(there.delete('registry-mirror-sagemaker'));
  assert.deepEqual(stripped, there);
});

test('an unknown environment is refused in one line that names the allowed ones', () => {
  const { status, stderr } = spawnSync(process.execPath, ['infra/app.ts'], { cwd: ROOT, encoding: 'utf8', env: { ...process.env, CDK_CONTEXT_JSON: '{"environment":"staging"}' } });
  assert.equal(status, 1);
  assert.equal(stderr.trim(), 'error: unknown environment "staging": allowed are prod, dev, local');
});
