import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { ROOT } from '../../local/cloud/processes.ts';

const WRONG: { args: string[]; says: RegExp }[] = [
  { args: ['life', '--bogus'], says: /--bogus.*--once, --source, --data, --external, --report/ },
  { args: ['life', '--data', '/no/such/file.csv'], says: /--data \/no\/such\/file\.csv: no such file/ },
  { args: ['life', '--external', 'package.json'], says: /--external goes with --data/ },
  { args: ['life', '--report', '/no/such/folder/report.json'], says: /--report \/no\/such\/folder\/report\.json: its folder does not exist/ },
  { args: ['life', '--source', 'paper'], says: /--source paper/ },
  { args: ['local', '--ready'], says: /--ready/ },
  { args: ['party'], says: /party.*life, local/ },
];

const run = (entry: string, args: string[]) => spawnSync(process.execPath, [entry, ...args], { cwd: ROOT, encoding: 'utf8', env: { ...process.env, INIT_CWD: ROOT } });

describe('npm start, npm run local', () => {
  for (const { args, says } of WRONG) {
    it(`refuse \`${args.join(' ')}\` in one line that names it and what is allowed`, () => {
      const { status, stdout, stderr } = run('local/start.mjs', args);
      assert.equal(status, 2, stdout);
      assert.match(stderr, says);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    });
  }

  it('name every option in their help', () => {
    const { status, stdout } = run('local/start.mjs', ['life', '--help']);
    assert.equal(status, 0);
    for (const option of ['--once', '--source', '--data', '--external', '--report', '--help']) assert.ok(stdout.includes(option), option);
  });
});
