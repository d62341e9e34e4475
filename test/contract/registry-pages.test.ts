import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Outcome } from '../../lambdas/contracts/outcome.ts';
import { PYTHON, stopAll } from '../../local/cloud/processes.ts';
import { startTables } from './tables.ts';

const TABLE = 'registry';
const PROJECT = 'p';
/** What a function may answer, bytes; the body is a text within JSON. */
const LARGEST = 6 * 1024 * 1024;
const MODELS = 70;

type Page = { next_page_token?: string | undefined } & Record<string, { name: string; version?: string }[] | undefined>;

describe('lists of models and versions with large tags', { skip: existsSync(PYTHON) ? false : 'the local cloud is not installed (.venv)' }, () => {
  before(() => startTables(TABLE));
  after(stopAll);

  it('come in pages that a function can answer, each member once', { timeout: 120_000 }, async () => {
    const { createModel, createVersion } = await import('../../lambdas/adapters/registered-model-store.ts');
    const { modelOperations } = await import('../../lambdas/mlflow/registry/models.ts');
    const { versionOperations } = await import('../../lambdas/mlflow/registry/versions.ts');
    const environment = { REGISTRY_TABLE: TABLE, REGISTRY_BUS: 'none' };
    // 100 KB of tags in each
    const tags = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`tag ${index}`, '"é'.repeat(1600)]));
    const names = Array.from({ length: MODELS }, (_, index) => `model ${String(index).padStart(3, '0')}`);
    for (const name of names) await createModel(TABLE, PROJECT, { name, tags });
    for (let version = 0; version < MODELS; version++)
      await createVersion(TABLE, PROJECT, names[0]!, { userId: 'u', source: 's3://b/m', location: 's3://b/m', runId: 'r-1', tags });

    const lists = [
      { member: 'registered_models', search: modelOperations(environment).searchRegisteredModels, wanted: names, keyOf: ({ name }: { name: string }) => name },
      {
        member: 'model_versions',
        search: versionOperations(environment as never).searchModelVersions,
        wanted: Array.from({ length: MODELS }, (_, index) => String(index + 1)),
        keyOf: ({ version }: { version?: string }) => version!,
      },
    ];
    for (const { member, search, wanted, keyOf } of lists) {
      const found: string[] = [];
      let token: string | undefined;
      let pages = 0;
      do {
        const answer = (await search({
          project: { project: PROJECT },
          fields: { max_results: 1000, page_token: token, filter: '', order_by: [] },
          audit: {},
        } as never)) as Outcome<Page>;
        assert.ok(answer.ok);
        assert.ok(Buffer.byteLength(JSON.stringify({ body: JSON.stringify(answer.value) })) < LARGEST);
        found.push(...(answer.value[member] ?? []).map(keyOf));
        token = answer.value.next_page_token;
        pages += 1;
      } while (token);
      assert.ok(pages > 1, `${member} came in ${pages} page`);
      assert.deepEqual(found.toSorted(), wanted.toSorted());
    }
  });
});
