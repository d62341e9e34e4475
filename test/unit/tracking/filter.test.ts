import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { TrackedRun } from '../../../lambdas/contracts/tracking.ts';
import { readFilter } from '../../../lambdas/domain/tracking/search/filter.ts';
import { EXPERIMENTS, RUNS } from '../../../lambdas/domain/tracking/search/grammar.ts';
import { firstOf, readOrders } from '../../../lambdas/domain/tracking/search/order.ts';
import { type Hit, directionsOf, hitsIn, readRunQuestion, wholeRuns } from '../../../lambdas/domain/tracking/search/runs.ts';

const clauses = (text: string) => {
  const read = readFilter(text, RUNS);
  assert.ok(read.ok, read.ok ? '' : read.problem.detail);
  return read.value.map(({ entity, key, comparator, value }) => [entity, key, comparator, value]);
};
const refusal = (text: string, grammar = RUNS) => {
  const read = readFilter(text, grammar);
  assert.ok(!read.ok, `"${text}" was read`);
  assert.equal(read.problem.status, 400);
  return read.problem.detail;
};

describe('the filter grammar', () => {
  it('reads names, quoted names, numbers, text, lists and nulls', () => {
    assert.deepEqual(clauses("metrics.loss < -1.5e-3 AND params.`learning rate` = '0.1' and tags.mlflow.source.name ILIKE '%Train%'"), [
      ['metric', 'loss', '<', -0.0015],
      ['parameter', 'learning rate', '=', '0.1'],
      ['tag', 'mlflow.source.name', 'ILIKE', '%Train%'],
    ]);
    assert.deepEqual(clauses(`attributes.run_id IN ('a', "b") AND tag."k v" IS NOT NULL AND created >= 5`), [
      ['attribute', 'run_id', 'IN', ['a', 'b']],
      ['tag', 'k v', 'IS NOT NULL', null],
      ['attribute', 'start_time', '>=', 5],
    ]);
    assert.deepEqual(clauses("params.name = 'it''s'"), [['parameter', 'name', '=', "it's"]]);
    assert.deepEqual(clauses('  '), []);
  });

  it('refuses with the place what it cannot read', () => {
    assert.match(refusal("metrics.loss < 'a'"), /Expected numeric value type for metric\. Found 'a' \(at position 15\)/);
    assert.match(refusal("params.x = '1' OR params.y = '2'"), /Invalid clause\(s\) in filter string: 'OR' \(at position 15\)/);
    assert.match(refusal('params.x = 1'), /Expected a quoted string value for parameter.*\(at position 11\)/);
    assert.match(refusal('params.x'), /Expected a comparator after it, found nothing/);
    assert.match(refusal("speed.x = '1'"), /Invalid entity type 'speed'/);
    assert.match(refusal("attribute.colour = 'red'"), /Invalid attribute key 'colour'/);
    assert.match(refusal("params.x > '1'"), /Invalid comparator '>' not one of/);
    assert.match(refusal("run_id IN ('a', 1)"), /different type in list: 1 \(at position 16\)/);
    assert.match(refusal('run_id IN ()'), /empty list/);
    assert.match(refusal('metrics.loss > 1 AND'), /a comparison is missing/);
    assert.match(refusal("name IN ('a')", EXPERIMENTS), /Invalid comparator 'IN'/);
  });

  it('never throws, whatever it is given', () => {
    const piece = fc.constantFrom(
      'metrics.a',
      'params.`b c`',
      'tags.x',
      '=',
      '!=',
      '<',
      'LIKE',
      'IN',
      'IS',
      'NOT',
      'NULL',
      'AND',
      'OR',
      '(',
      ')',
      ',',
      "'v'",
      '"w"',
      '1',
      '-2.5',
      '`',
      "'",
      ';',
      ' ',
      'ünï',
      '\u0000',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), fc.string(), (pieces, tail) => {
        for (const text of [pieces.join(' '), pieces.join('') + tail, tail]) {
          const read = readFilter(text, RUNS);
          assert.ok(read.ok || read.problem.status === 400);
          readOrders([text], RUNS);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

const run = (runId: string, members: Partial<TrackedRun> = {}): TrackedRun => ({
  runId,
  experimentId: '1',
  name: runId,
  userId: '',
  status: 'RUNNING',
  startTime: 0,
  lifecycle: 'active',
  artifactUri: '',
  params: {},
  tags: {},
  metrics: {},
  datasets: [],
  modelInputs: [],
  modelOutputs: [],
  ...members,
});
const scored = (runId: string, value: number) => run(runId, { metrics: { score: { key: 'score', value, step: 0, timestamp: 0 } } });
const answer = (runs: TrackedRun[], filter: string, orderBy: string[]) => {
  const question = readRunQuestion(filter, orderBy);
  assert.ok(question.ok, question.ok ? '' : question.problem.detail);
  const found = firstOf<Hit>(runs.length, directionsOf(question.value));
  for (const hit of hitsIn(wholeRuns(runs), question.value, () => true)) found.add(hit);
  return found.taken().map(({ at }) => runs[at]!.runId);
};

describe('a search over runs', () => {
  const runs = [scored('a', 1), scored('b', Number.NaN), run('c'), scored('d', Number.POSITIVE_INFINITY), scored('e', -3)];

  it('sorts values first, then NaN, then what has none, either way', () => {
    assert.deepEqual(answer(runs, '', ['metrics.score ASC']), ['e', 'a', 'd', 'b', 'c']);
    assert.deepEqual(answer(runs, '', ['metrics.score DESC']), ['d', 'a', 'e', 'b', 'c']);
  });

  it('breaks ties by the latest start and then by id', () => {
    assert.deepEqual(answer([run('b'), run('c', { startTime: 5 }), run('a')], '', []), ['c', 'a', 'b']);
  });

  it('takes what is absent for IS NULL alone', () => {
    const tagged = [run('a', { tags: { site: 'x' } }), run('b')];
    assert.deepEqual(answer(tagged, 'tags.site IS NULL', []), ['b']);
    assert.deepEqual(answer(tagged, "tags.site != 'y'", []), ['a']);
    assert.deepEqual(answer(tagged, "tags.constructor = 'x'", []), []);
  });

  it('compares LIKE with case and ILIKE without; % and _ are its only wildcards', () => {
    const named = [run('a', { name: 'Ab.c' }), run('b', { name: 'abxc' })];
    assert.deepEqual(answer(named, "run_name LIKE 'A%'", []), ['a']);
    assert.deepEqual(answer(named, "run_name ILIKE 'ab_C'", []), ['a', 'b']);
    assert.deepEqual(answer(named, "run_name LIKE '%.c'", []), ['a']);
  });

  it('refuses an order that names a key twice', () => {
    const orders = readOrders(['params.x ASC', 'params.x DESC'], RUNS);
    assert.ok(!orders.ok && /duplicate fields/.test(orders.problem.detail));
  });
});
