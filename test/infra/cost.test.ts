import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stacksOf } from './assembly.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'cost.md'), 'utf8');
/** The rows of the page's tables that name a type, with the count where the table has one. */
const named = new Map([...page.matchAll(/^\| `(AWS::[\w:]+)` \|(?: (\d+) \|)?/gm)].map(([, type, count]) => [type!, count === undefined ? null : Number(count)]));
/** IAM, policies and aliases are free of charge and say nothing of cost. */
const FREE = /^AWS::(IAM|KMS::Alias|Lambda::Permission|S3::BucketPolicy|SQS::QueuePolicy|SNS::TopicPolicy)/;

const counts = new Map<string, number>();
for (const { Resources } of Object.values(await stacksOf('prod'))) for (const { Type } of Object.values(Resources)) counts.set(Type, (counts.get(Type) ?? 0) + 1);

test('docs/cost.md names every type of resource that prod has, and no other', () => {
  assert.deepEqual([...counts.keys()].filter((type) => !FREE.test(type)).sort(), [...named.keys()].sort());
});

test('docs/cost.md counts what costs at rest', () => {
  const atRest = [...named].filter(([, count]) => count !== null);
  assert.ok(atRest.length >= 6);
  for (const [type, count] of atRest) assert.equal(counts.get(type), count, type);
});

test('no capacity is provisioned', async () => {
  for (const { Resources } of Object.values(await stacksOf('prod'))) {
    for (const [id, { Properties }] of Object.entries(Resources)) assert.doesNotMatch(JSON.stringify(Properties ?? {}), /Provisioned(Concurrency|Throughput)/, id);
  }
});
