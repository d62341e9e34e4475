import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fromJSONSchema } from 'zod';
import { ROOT } from '../../local/cloud/processes.ts';

const schema = JSON.parse(readFileSync(join(ROOT, 'docs', 'report.schema.json'), 'utf8')) as Parameters<typeof fromJSONSchema>[0];
const accepts = (report: unknown): boolean => fromJSONSchema(schema).safeParse(report).success;
/** A life that ended before its first step. */
const SHORTEST = { outcome: 'failed', detail: 'the local cloud did not answer', seconds: {}, peakMemoryMiB: 12, files: {} };

describe('docs/report.schema.json', () => {
  it('is what the report’s contract makes', () => {
    const { status, stderr } = spawnSync(process.execPath, ['local/life/report-schema.ts', '--check'], { cwd: ROOT, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });

  it('takes a report that ends early, and no report that says too little or too much', () => {
    assert.ok(accepts(SHORTEST));
    assert.ok(!accepts({ ...SHORTEST, outcome: 'splendid' }));
    assert.ok(!accepts({ ...SHORTEST, seconds: undefined }));
    assert.ok(!accepts({ ...SHORTEST, ingest: { read: 3 } }));
    assert.ok(!accepts({ ...SHORTEST, fileName: 'patients.csv' }));
  });

  it('has the members that a reader of reports relies on', () => {
    const members = (schema as { properties: Record<string, unknown> }).properties;
    for (const name of [
      'ingest',
      'dataset',
      'split',
      'gates',
      'metrics',
      'model',
      'signature',
      'rollout',
      'prediction',
      'trial',
      'drift',
      'audit',
      'seconds',
      'peakMemoryMiB',
      'api',
    ]) {
      assert.ok(name in members, name);
    }
  });
});
