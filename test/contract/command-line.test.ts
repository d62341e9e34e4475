import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { codeOf } from '../../cli/one-time-code.ts';
import { ROOT } from '../../local/cloud/processes.ts';

const WRONG: { args: string[]; says: RegExp }[] = [
  { args: ['life', '--bogus'], says: /--bogus.*--once, --source, --data, --external, --report/ },
  { args: ['life', '--data', '/no/such/file.csv'], says: /--data \/no\/such\/file\.csv: no such file/ },
  { args: ['life', '--external', 'package.json'], says: /--external goes with --data/ },
  { args: ['life', '--report', '/no/such/folder/report.json'], says: /--report \/no\/such\/folder\/report\.json: its folder does not exist/ },
  { args: ['life', '--source', 'paper'], says: /--source paper/ },
  { args: ['local', '--ready'], says: /--ready/ },
  { args: ['bench', 'speed'], says: /unknown part speed: allowed are prediction, statistics, kernel, ingest, memory, tracking, scale, load/ },
  { args: ['bench', '--fast'], says: /--fast.*--ready/ },
  { args: ['bench', 'load', '--ready', '/no/such/ready.json'], says: /--ready \/no\/such\/ready\.json: no such file/ },
  { args: ['test', 'speed'], says: /unknown part speed: allowed are types, lint/ },
  { args: ['party'], says: /party.*life, local/ },
];

/** Of `proband source`; FOLDER is an empty one with a folder map.json. */
const WRONG_SOURCE: { args: string[]; says: RegExp }[] = [
  { args: ['check', 'FOLDER/absent.csv', '--source', 'cgm'], says: /absent\.csv: no such file or folder/ },
  { args: ['check', 'FOLDER', '--source', 'cgm'], says: /there is no file in what was named/ },
  { args: ['check', 'package.json', '--source', 'paper'], says: /--source paper: allowed are cgm, dataset-json/ },
  { args: ['check', 'package.json', '--source', 'FOLDER/absent.json'], says: /--source .*absent\.json: no such file/ },
  { args: ['check', 'package.json', '--source', 'FOLDER/map.json'], says: /--source .*map\.json: cannot be read/ },
  { args: ['new', 'package.json', '--name', 'a'], says: /--name a: must be 2 to 41 lower-case letters, digits and dashes, a letter first/ },
  { args: ['new', 'package.json', '--name', 'Mine'], says: /--name Mine: must be 2 to 41/ },
];

const run = (entry: string, args: string[]) => spawnSync(process.execPath, [entry, ...args], { cwd: ROOT, encoding: 'utf8', env: { ...process.env, INIT_CWD: ROOT } });

describe('npm start and its siblings', () => {
  for (const { args, says } of WRONG) {
    it(`refuse \`${args.join(' ')}\` in one line that names it and what is allowed`, () => {
      const { status, stdout, stderr } = run('local/start.mjs', args);
      assert.equal(status, 2, stdout);
      assert.match(stderr, says);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    });
  }

  for (const { args, says } of WRONG_SOURCE) {
    it(`\`proband source ${args.join(' ')}\` is refused in one line`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'proband-empty-'));
      try {
        mkdirSync(join(folder, 'map.json'));
        const { status, stderr } = run('cli/main.ts', ['source', ...args.map((arg) => arg.replace('FOLDER', folder))]);
        assert.equal(status, 2);
        assert.match(stderr, says);
        assert.equal(stderr.trim().split('\n').length, 1, stderr);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  it('name every option in their help', () => {
    const { status, stdout } = run('local/start.mjs', ['life', '--help']);
    assert.equal(status, 0);
    for (const option of ['--once', '--source', '--data', '--external', '--report', '--ready', '--help']) assert.ok(stdout.includes(option), option);
  });

  it('answer before anything is installed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'proband-bare-'));
    try {
      for (const name of ['local/start.mjs', 'local/options.mjs', 'infra/mlflow-interface.mjs']) cpSync(join(ROOT, name), join(folder, name));
      const bare = (...args: string[]) => spawnSync(process.execPath, ['local/start.mjs', ...args], { cwd: folder, encoding: 'utf8', env: { PATH: '' } });
      for (const target of ['life', 'local', 'test', 'check', 'bench']) {
        const { status, stdout } = bare(target, '--help');
        assert.equal(status, 0, target);
        assert.ok(stdout.includes(`usage: npm`) && stdout.includes('--help'), stdout);
      }
      const { status, stderr } = bare('bench', 'speed');
      assert.deepEqual([status, stderr.trim().split('\n').length], [2, 1], stderr);
      assert.ok(!existsSync(join(folder, 'node_modules')));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('proband code', () => {
  const KEY = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

  it('prints what a device with that key shows now', () => {
    const before = codeOf(KEY);
    const { status, stdout } = run('cli/main.ts', ['code', KEY]);
    assert.equal(status, 0);
    assert.ok([before, codeOf(KEY)].includes(stdout.trim()), stdout);
  });

  it('refuses what is no key, without repeating it', () => {
    for (const key of ['JBSWY3DPEHPK3PXP', `${KEY}1`, KEY.toLowerCase()]) {
      const { status, stderr } = run('cli/main.ts', ['code', key]);
      assert.deepEqual([status, stderr.trim()], [2, 'error: code: the key is not base32 of 26 or more A-Z and 2-7']);
    }
  });
});
