import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EvaluationDataset } from '../../../lambdas/contracts/evaluation-dataset.ts';
import type { Outcome } from '../../../lambdas/contracts/outcome.ts';
import { searchEvaluationDatasets } from '../../../lambdas/domain/tracking/search/evaluation-datasets.ts';
import { readFilter } from '../../../lambdas/domain/tracking/search/filter.ts';
import { EVALUATION_DATASETS, LOGGED_MODELS, RUNS } from '../../../lambdas/domain/tracking/search/grammar.ts';
import { offsetOf, pageOf } from '../../../lambdas/domain/tracking/search/page.ts';

const refusal = (outcome: Outcome<unknown>): string => {
  assert.ok(!outcome.ok);
  return outcome.problem.detail;
};

describe('a refused filter', () => {
  it('begins as MLflow’s parser for that noun has it, and keeps the place', () => {
    const cases: [filter: string, run: RegExp, model: RegExp][] = [
      ['Foo', /^Invalid clause\(s\) in filter string: 'Foo' \(at its end\)/, /^Invalid filter string: 'Foo' \(at its end\)/],
      ["run_id = 'a' OR run_id = 'b'", /^Invalid clause\(s\) in filter string: 'OR' \(at position 13\)/, /^Invalid attribute key 'run_id'/],
      ["name = 'a' OR name = 'b'", /^Invalid attribute key 'name'/, /^Invalid filter string: 'OR' \(at position 11\)/],
      ["foo.bar = 'a'", /^Invalid entity type 'foo'/, /^Invalid entity type 'foo'/],
      ['metrics.foo LIKE 0', /^Invalid comparator 'LIKE'/, /^Invalid comparison operator 'LIKE'/],
      ['metrics.foo > 0 AND ;', /^Invalid clause\(s\) in filter string: ';' \(at position 20\)/, /^Invalid filter string: ';' \(at position 20\)/],
    ];
    for (const [filter, run, model] of cases) {
      assert.match(refusal(readFilter(filter, RUNS)), run);
      assert.match(refusal(readFilter(filter, LOGGED_MODELS)), model);
    }
  });
});

describe('a page token', () => {
  const asked = { experiment_ids: ['1', '2'], filter_string: null, order_by: [{ field_name: 'name' }] };
  const { next } = pageOf([1, 2, 3], 0, 2, asked);

  it('leads on in the same question', () => {
    assert.deepEqual(offsetOf(next, structuredClone(asked)), { ok: true, value: 2 });
    assert.equal(pageOf([1, 2, 3], 2, 2, asked).next, undefined);
  });

  it('is refused by another, which is told what differs', () => {
    assert.match(refusal(offsetOf(next, { ...asked, experiment_ids: ['1'] })), /^Experiment IDs in the page token do not match the requested experiment IDs$/);
    assert.match(refusal(offsetOf(next, { ...asked, filter_string: "name = 'a'" })), /^Filter string in the page token does not match the requested filter string$/);
    assert.match(refusal(offsetOf(next, { ...asked, order_by: [] })), /^Order by in the page token does not match the requested order by$/);
    assert.match(refusal(offsetOf(pageOf([1, 2], 0, 1).next, asked)), /^Experiment IDs in the page token do not match/);
  });

  it('is refused where it is none', () => {
    for (const text of ['null', '[]', '{"offset":-1}', '{']) assert.match(refusal(offsetOf(Buffer.from(text).toString('base64'))), /^Invalid page token/);
  });
});

describe('a search of evaluation datasets', () => {
  const dataset = (datasetId: string, createdAt: number, more: Partial<EvaluationDataset> = {}): EvaluationDataset => ({
    datasetId,
    name: `set-${datasetId}`,
    digest: '00000000',
    createdAt,
    updatedAt: createdAt,
    tags: {},
    records: 0,
    revision: 0,
    ...more,
  });
  const all = [dataset('a', 1, { tags: { team: 'ml' } }), dataset('b', 2, { createdBy: 'anna', tags: { team: 'data' } }), dataset('c', 2)];
  const found = (filter?: string, orderBy: string[] = []) => {
    const outcome = searchEvaluationDatasets(all, filter, orderBy);
    assert.ok(outcome.ok);
    return outcome.value.map(({ datasetId }) => datasetId).join('');
  };

  it('finds by tags, makers and times', () => {
    assert.equal(found("tags.team = 'ml'"), 'a');
    assert.equal(found("tags.team != 'ml'"), 'b');
    assert.equal(found("created_by = 'anna'"), 'b');
    assert.equal(found('created_time > 1'), 'cb');
    assert.equal(found("name LIKE 'set-%' AND tags.team ILIKE 'DA%'"), 'b');
  });

  it('orders by name or time; without an order the newest first', () => {
    assert.equal(found(), 'cba');
    assert.equal(found(undefined, ['name DESC']), 'cba');
    assert.equal(found(undefined, ['created_time ASC']), 'acb');
  });

  it('refuses what it has not', () => {
    assert.match(refusal(searchEvaluationDatasets(all, "other = 'x'", [])), /^Invalid attribute key 'other'/);
    assert.match(refusal(searchEvaluationDatasets(all, undefined, ['created_by'])), /^Invalid attribute key 'created_by'/);
    assert.match(refusal(searchEvaluationDatasets(all, undefined, ['tags.team'])), /^Invalid order_by entity: tag/);
    assert.match(refusal(readFilter("name IN ('a')", EVALUATION_DATASETS)), /^Invalid comparator 'IN'/);
  });
});
