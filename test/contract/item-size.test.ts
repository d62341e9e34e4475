import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { isItemFull } from '../../lambdas/adapters/item-size.ts';
import { createModel, createVersion } from '../../lambdas/adapters/registered-model-store.ts';
import { setExperimentTag, createExperiment } from '../../lambdas/adapters/tracking/experiment-store.ts';
import { PYTHON, stopAll } from '../../local/cloud/processes.ts';
import { startTables } from './tables.ts';

describe('an item that would grow beyond 400 KB', { skip: existsSync(PYTHON) ? false : 'the local cloud is not installed (.venv)' }, () => {
  before(() => startTables('tracking'));
  after(stopAll);

  it('is told from a fault', async () => {
    await createExperiment('tracking', 'p', { name: 'one', tags: {} });
    const filled = async () => {
      for (let tag = 0; tag < 100; tag++) await setExperimentTag('tracking', 'p', '1', `t${tag}`, 'x'.repeat(5000));
    };
    await assert.rejects(filled, (error) => isItemFull(error));
  });

  it('is told at once where a version would be it', async () => {
    await createModel('tracking', 'p', { name: 'm', tags: {} });
    const tags = Object.fromEntries(Array.from({ length: 100 }, (_, tag) => [`t${tag}`, 'x'.repeat(5000)]));
    const started = Date.now();
    await assert.rejects(createVersion('tracking', 'p', 'm', { userId: 'u', source: 's3://b/m', location: 's3://b/m', tags }), (error) => isItemFull(error));
    assert.ok(Date.now() - started < 5000);
  });

  it('is found among the reasons of a transaction', () => {
    const cancelled = (Message: string) =>
      new TransactionCanceledException({ message: 'cancelled', $metadata: {}, CancellationReasons: [{ Code: 'None' }, { Code: 'ValidationError', Message }] });
    assert.equal(isItemFull(cancelled('Item size to update has exceeded the maximum allowed size')), true);
    assert.equal(isItemFull(cancelled('The conditional request failed')), false);
    assert.equal(isItemFull(new Error('Item size has exceeded the maximum allowed size')), false);
  });
});
