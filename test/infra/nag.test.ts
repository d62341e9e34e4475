import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { ACKNOWLEDGEMENTS, type Acknowledgement, acknowledge, findings, judgeSynthesis } from '../../infra/acknowledgements.ts';
import { appOf } from './assembly.ts';

const withValidation = (t: TestContext, run: () => void): void => {
  const before = process.env['CDK_VALIDATION'];
  t.after(() => {
    process.env['CDK_VALIDATION'] = before;
  });
  process.env['CDK_VALIDATION'] = 'true';
  run();
};

const used = new Set<Acknowledgement>();

for (const name of ['prod', 'dev']) {
  test(`${name}: AwsSolutions, HIPAA Security and NIST 800-53 find nothing that is not acknowledged`, async () => {
    const { app } = await appOf(name);
    for (const line of acknowledge(app)) used.add(line);
    assert.deepEqual(findings(app), []);
    const resources = app.node.findAll().filter((construct) => CfnResource.isCfnResource(construct));
    assert.ok(resources.length > 200, `${resources.length} resources were judged`);
  });
}

test('prod synthesises under the packs and cdk-lib’s own validation of templates', async (t) => {
  const { app } = await appOf('prod');
  judgeSynthesis(app);
  withValidation(t, () => app.synth());
});

test('every acknowledgement is used, has a reason, and names a place', () => {
  for (const line of ACKNOWLEDGEMENTS) {
    assert.ok(used.has(line), `${line.rule} at ${line.path} matches no finding`);
    assert.ok(line.reason.length > 40, `${line.rule}: ${line.reason}`);
    assert.doesNotMatch('proband-prod-app/Some/Other/Thing', line.path);
  }
});

test('a bucket without encryption and a log is found, stays found, and fails the synthesis', (t) => {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'proband-careless-')) });
  t.after(() => rmSync(app.outdir, { recursive: true }));
  new CfnBucket(new Stack(app, 'Careless'), 'Bucket');
  acknowledge(app);
  const rules = new Set(findings(app).map(({ rule }) => rule));
  for (const rule of ['AwsSolutions-S1', 'AwsSolutions-S10', 'HIPAA.Security-S3BucketVersioningEnabled', 'NIST.800.53.R5-S3BucketPublicReadProhibited'])
    assert.ok(rules.has(rule), rule);
  judgeSynthesis(app);
  t.mock.method(console, 'error', () => undefined);
  withValidation(t, () => assert.throws(() => app.synth(), /Validation failed/));
});
