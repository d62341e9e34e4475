import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { environmentOf } from '../../config/environments/environment.ts';
import { ENVIRONMENTS, stacksOf } from './assembly.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const lint = (region: string, templates: [string, object][]): { said: string; status: number | null } => {
  const folder = mkdtempSync(join(tmpdir(), 'proband-templates-'));
  try {
    const files = templates.map(([stack, template]) => {
      const path = join(folder, `${stack}.template.json`);
      writeFileSync(path, JSON.stringify(template));
      return path;
    });
    const { status, stdout, stderr } = spawnSync(
      join(ROOT, '.venv', 'bin', 'cfn-lint'),
      ['--config-file', join(ROOT, '.cfnlintrc'), '--regions', region, '--format', 'parseable', '--', ...files],
      { encoding: 'utf8' },
    );
    return { said: `${stdout}${stderr}`.trim(), status };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

for (const name of ENVIRONMENTS) {
  const stacks = await stacksOf(name);

  test(`${name}: cfn-lint has nothing to say about the templates`, () => {
    const templates = Object.entries(stacks).filter(([, { Resources }]) => Object.keys(Resources).length > 0);
    assert.deepEqual(lint(environmentOf(name).region, templates), { said: '', status: 0 });
  });
}

test('cfn-lint finds a property that does not exist', () => {
  assert.match(lint('eu-central-1', [['wrong', { Resources: { Bucket: { Type: 'AWS::S3::Bucket', Properties: { Colour: 'red' } } } }]]).said, /E3002/);
});
