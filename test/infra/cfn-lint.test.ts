import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { environmentOf } from '../../config/environments/environment.ts';
import { ENVIRONMENTS, stacksOf } from './assembly.ts';

const ROOT = join(import.meta.dirname, '..', '..');

for (const name of ENVIRONMENTS) {
  const stacks = await stacksOf(name);

  test(`${name}: cfn-lint has nothing to say about the templates`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'proband-templates-'));
    try {
      const files = Object.entries(stacks).flatMap(([stack, template]) => {
        if (Object.keys(template.Resources).length === 0) return [];
        const path = join(folder, `${stack}.template.json`);
        writeFileSync(path, JSON.stringify(template));
        return [path];
      });
      const { status, stdout, stderr } = spawnSync(join(ROOT, '.venv', 'bin', 'cfn-lint'), ['--config-file', join(ROOT, '.cfnlintrc'), '--regions', environmentOf(name).region, '--format', 'parseable', '--', ...files], { encoding: 'utf8' });
      assert.equal(`${stdout}${stderr}`.trim(), '');
      assert.equal(status, 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
