import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { type DatasetItem, datasetInputOf, datasetItems } from '../../../lambdas/adapters/tracking/dataset-input-items.ts';
import type { DatasetInput } from '../../../lambdas/contracts/tracking.ts';

/** DynamoDB's limit of an item, bytes. */
const ITEM = 400 * 1024;
const input = (schema: string): DatasetInput => ({ dataset: { name: 'n', digest: 'd', sourceType: 't', source: 's', schema }, tags: { 'mlflow.data.context': 'train' } });
const stored = (given: DatasetInput) => {
  const { item, parts } = datasetItems('p', 'run', given);
  const bodies = new Map(parts.map(({ sk, body }) => [sk.slice('DATASET-PART#'.length), body]));
  return { item, parts, read: datasetInputOf(item as unknown as DatasetItem, bodies) };
};

describe('a dataset input', () => {
  it('is one item where it fits, and stays what it is', () => {
    const given = input('{"columns":[]}');
    const { parts, read } = stored(given);
    assert.equal(parts.length, 0);
    assert.deepEqual(read, given);
  });

  it('lies in parts where it does not, each of which fits, even what cannot be packed', () => {
    const given = input(randomBytes(520_000).toString('hex').slice(0, 1_048_575));
    const { item, parts, read } = stored(given);
    assert.ok(parts.length > 1);
    assert.ok(parts.every(({ body }) => body.length < ITEM - 1000));
    assert.ok(JSON.stringify(item).length < 1000);
    assert.deepEqual(read, given);
  });

  it('has the same parts each time it is written', () => {
    const given = input('a'.repeat(1_000_000));
    assert.deepEqual(datasetItems('p', 'run', given), datasetItems('p', 'run', structuredClone(given)));
  });
});
