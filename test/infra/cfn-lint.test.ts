import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { environmentOf } from '../../config/environments/environment.ts';
import { ENVIRONMENTS, stacksOf } from './assembly.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const REGIONS = [...new Set(ENVIRONMENTS.map((name) => environmentOf(name).region))];
const WRONG = { Resources: { Bucket: { Type: 'AWS::S3::Bucket', Properties: { Colour: 'red' } } } };

/** What cfn-lint says of each template, by name; one process for all, since its start takes longer than its work. */
const lint = (templates: Map<string, object>): Map<string, string[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'proband-templates-'));
  try {
    for (const [name, template] of templates) writeFileSync(join(folder, `${name}.json`), JSON.stringify(template));
    const files = [...templates.keys()].map((name) => join(folder, `${name}.json`));
    const args = ['--config-file', join(ROOT, '.cfnlintrc'), '--regions', ...REGIONS, '--format', 'parseable', '--', ...files];
    const { stdout, stderr, error } = spawnSync(join(ROOT, '.venv', 'bin', 'cfn-lint'), args, { encoding: 'utf8' });
    assert.ok(!error, `cfn-lint runs: ${error?.message}`);
    assert.equal(stderr, '');
    const lines = stdout.split('\n').filter(Boolean);
    const said = new Map([...templates.keys()].map((name) => [name, lines.filter((line) => line.startsWith(join(folder, `${name}.json`)))]));
    assert.equal([...said.values()].flat().length, lines.length, stdout);
    return said;
  } finally {
    rmSync(folder, { recursive: true });
  }
};

test('cfn-lint has nothing to say about the templates, and finds a property that does not exist', async () => {
  const templates = new Map<string, object>([['wrong', WRONG]]);
  for (const name of ENVIRONMENTS) {
    for (const [stack, template] of Object.entries(await stacksOf(name))) if (Object.keys(template.Resources).length > 0) templates.set(`${name}-${stack}`, template);
  }
  const { wrong, ...ours } = Object.fromEntries(lint(templates));
  assert.match(wrong?.join('\n') ?? '', /E3002/);
  assert.deepEqual(ours, Object.fromEntries(Object.keys(ours).map((name) => [name, []])));
  assert.equal(Object.keys(ours).length, 11);
});
