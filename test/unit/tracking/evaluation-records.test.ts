import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { EvaluationDataset, EvaluationRecord } from '../../../lambdas/contracts/evaluation-dataset.ts';
import type { Outcome } from '../../../lambdas/contracts/outcome.ts';
import { evaluationDatasetAnswer, evaluationRecordAnswer } from '../../../lambdas/domain/mlflow/evaluation-answers.ts';
import { newEvaluationDataset, readTags } from '../../../lambdas/domain/tracking/evaluation-datasets.ts';
import { MOST_RECORDS, changesBy, cursorOf, cursorToken, datasetAfter, readRecords, recordOf, userOf } from '../../../lambdas/domain/tracking/evaluation-records.ts';

const ID = 'd-1';
const value = <T>(outcome: Outcome<T>): T => {
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.problem.detail);
  return outcome.value;
};
const refusal = (outcome: Outcome<unknown>): string => {
  assert.ok(!outcome.ok);
  assert.equal(outcome.problem.title, 'INVALID_PARAMETER_VALUE');
  return outcome.problem.detail;
};
const given = (...records: unknown[]) => value(readRecords(ID, JSON.stringify(records)));
const NONE: ReadonlyMap<string, EvaluationRecord> = new Map();
const after = (records: ReturnType<typeof given>, standing = NONE, now = 1) => value(changesBy(records, standing, now)).map(({ record }) => record);
const dataset: EvaluationDataset = { datasetId: ID, name: 'n', digest: '00000000', createdAt: 1, updatedAt: 1, tags: {}, records: 0, revision: 0 };

describe('records of an evaluation dataset', () => {
  it('are the same where their inputs are', () => {
    const [a, b, c] = given({ inputs: { x: 1, y: { p: 1, q: 2 } } }, { inputs: { y: { q: 2, p: 1 }, x: 1 } }, { inputs: { x: 2 } });
    assert.equal(a!.recordId, b!.recordId);
    assert.notEqual(a!.recordId, c!.recordId);
    assert.match(a!.recordId, /^dr-[0-9a-f]{32}$/);
    const [other] = value(readRecords('d-2', '[{"inputs":{"x":2}}]'));
    assert.notEqual(other!.recordId, c!.recordId);
  });

  it('tell 1 from 1.0, and keep both', () => {
    const records = value(readRecords(ID, '[{"inputs":{"x":1}},{"inputs":{"x":1.0}}]'));
    const changes = value(changesBy(records, NONE, 1));
    assert.equal(changes.length, 2);
    assert.match(changes[1]!.text, /"x":1\.0/);
    assert.deepEqual(recordOf(changes[0]!.text), changes[0]!.record);
  });

  it('merge expectations and tags, replace outputs, keep their source', () => {
    const source = (id: string) => ({ source_type: 'trace', source_data: { trace_id: id } });
    const [record] = after(
      given(
        { inputs: { q: 1 }, outputs: 'first', expectations: { a: 1, b: 1 }, tags: { v: '1', k: 'kept', 'mlflow.user': 'maker' }, source: source('t1') },
        { inputs: { q: 1 }, outputs: 'second', expectations: { b: 2 }, tags: { v: '2', 'mlflow.user': 'changer' }, source: source('t2') },
        { inputs: { q: 1 } },
      ),
    );
    assert.deepEqual(record, {
      recordId: record!.recordId,
      createdAt: 1,
      updatedAt: 1,
      createdBy: 'maker',
      updatedBy: 'changer',
      inputs: { q: 1 },
      outputs: 'second',
      expectations: { a: 1, b: 2 },
      tags: { v: '2', k: 'kept', 'mlflow.user': 'changer' },
      source: { source_type: 'TRACE', source_data: { trace_id: 't1' } },
    });
    assert.equal(evaluationRecordAnswer(ID, record!)['source_id' as never], 't1');
  });

  it('count as inserted once and as updated otherwise', () => {
    const first = value(changesBy(given({ inputs: { q: 1 } }, { inputs: { q: 2 } }), NONE, 1));
    const standing = new Map(first.map(({ record }) => [record.recordId, record]));
    const second = value(changesBy(given({ inputs: { q: 2 } }, { inputs: { q: 3 } }, { inputs: { q: 3 } }), standing, 2));
    assert.deepEqual(
      second.map(({ isNew }) => isNew),
      [false, true],
    );
    assert.deepEqual([second[0]!.record.createdAt, second[0]!.record.updatedAt], [1, 2]);
    const grown = datasetAfter(datasetAfter(dataset, first, undefined, 1), second, undefined, 2);
    assert.deepEqual([grown.records, grown.revision], [3, 2]);
  });

  it('are the same whether they come in one request or in many', () => {
    const arbitrary = fc.array(
      fc.record(
        { inputs: fc.record({ q: fc.integer({ min: 0, max: 3 }) }), expectations: fc.dictionary(fc.string(), fc.integer()), outputs: fc.jsonValue() },
        { requiredKeys: ['inputs'] },
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(arbitrary, (records) => {
        const together = new Map(after(given(...records)).map((record) => [record.recordId, record]));
        const apart = new Map<string, EvaluationRecord>();
        for (const one of records) for (const record of after(given(one), apart)) apart.set(record.recordId, record);
        assert.deepEqual([...apart].sort(), [...together].sort());
      }),
    );
  });

  it('give the dataset its schema; the first kind of a member stays', () => {
    const grown = (standing: EvaluationDataset, text: string) => datasetAfter(standing, value(changesBy(value(readRecords(ID, text)), NONE, 1)), undefined, 1);
    const first = grown(dataset, '[{"inputs":{"q":"?","t":0.7,"n":100,"o":1.0},"expectations":{"ok":true},"outputs":{"a":null}}]');
    assert.deepEqual(JSON.parse(first.schema!), {
      inputs: { q: 'string', t: 'float', n: 'integer', o: 'float' },
      outputs: { a: 'null' },
      expectations: { ok: 'boolean' },
      version: '1.0',
    });
    const second = grown(first, '[{"inputs":{"q":1,"l":[],"__proto__":{}},"outputs":"text"}]');
    assert.equal(
      second.schema,
      '{"inputs":{"q":"string","t":"float","n":"integer","o":"float","l":"array","__proto__":"object"},"outputs":{"a":"null"},"expectations":{"ok":"boolean"},"version":"1.0"}',
    );
    assert.equal(JSON.parse(grown(dataset, '[{"inputs":{},"outputs":[1]}]').schema!).outputs, 'array');
    assert.equal(datasetAfter(dataset, [], undefined, 1).schema, undefined);
  });

  it('name the last who changed the dataset, or nobody', () => {
    const records = given({ tags: { 'mlflow.user': 'a' } }, { inputs: { q: 1 }, tags: { 'mlflow.user': 'b' } }, { inputs: { q: 2 } });
    assert.equal(userOf(records), 'b');
    assert.equal(datasetAfter({ ...dataset, updatedBy: 'z' }, [], 'b', 2).updatedBy, 'b');
    assert.equal(datasetAfter({ ...dataset, updatedBy: 'z' }, [], undefined, 2).updatedBy, undefined);
  });

  it('change the digest', () => assert.notEqual(datasetAfter(dataset, [], undefined, 2).digest, datasetAfter(dataset, [], undefined, 3).digest));

  it('are refused with their place, never their content', () => {
    const cases: [text: string, says: RegExp][] = [
      ['[{"inputs":{"a":NaN}}]', /'records' supplied: it is not JSON/],
      ['{}', /must be a JSON list/],
      ['[{},1]', /^'records\[1\]' must be an object$/],
      ['[{"inputs":"secret"}]', /^'records\[0\]\.inputs' must be an object$/],
      ['[{"inputs":null}]', /^'records\[0\]\.inputs' must be an object$/],
      ['[{"expectations":["secret"]}]', /^'records\[0\]\.expectations' must be an object$/],
      ['[{"tags":1.0}]', /^'records\[0\]\.tags' must be an object$/],
      ['[{"source":{"source_type":"secret"}}]', /^Invalid dataset record source type in 'records\[0\]\.source'\. Valid source types: UNSPECIFIED, TRACE, HUMAN, DOCUMENT, CODE$/],
      [JSON.stringify(Array.from({ length: MOST_RECORDS + 1 }, () => ({}))), new RegExp(`up to ${MOST_RECORDS} records, got ${MOST_RECORDS + 1}`)],
    ];
    for (const [text, says] of cases) {
      const detail = refusal(readRecords(ID, text));
      assert.match(detail, says);
      assert.doesNotMatch(detail, /secret/);
    }
  });

  it('are refused where they are too large for an item, merged ones too', () => {
    const half = 'é'.repeat(150_000);
    const [record] = given({ inputs: {}, expectations: { a: half } });
    const standing = new Map(after([record!]).map((known) => [known.recordId, known]));
    assert.match(
      refusal(changesBy(given({ inputs: {}, expectations: { b: half } }), standing, 2)),
      /^the record dr-[0-9a-f]{32} would hold \d{6} bytes; it may hold up to 390000$/,
    );
  });

  it('are paged by a token of the last one', () => {
    const cursor = { createdAt: 1_700_000_000_000, recordId: `dr-${'a'.repeat(32)}` };
    assert.deepEqual(value(cursorOf(cursorToken(cursor))), cursor);
    assert.equal(value(cursorOf(undefined)), undefined);
    for (const token of ['x', cursorToken({ ...cursor, recordId: 'dr-1#2' }), Buffer.from('{"offset":1}').toString('base64')])
      assert.match(refusal(cursorOf(token)), /Invalid page token/);
  });
});

describe('an evaluation dataset', () => {
  it('is made by whom its tags name', () => {
    const made = value(newEvaluationDataset('set', '{"mlflow.user":"anna","n":1.0,"gone":null}'));
    assert.deepEqual([made.createdBy, made.updatedBy, made.tags], ['anna', 'anna', { 'mlflow.user': 'anna', n: '1.0' }]);
    assert.match(made.datasetId, /^d-[0-9a-f]{32}$/);
    assert.equal(value(newEvaluationDataset('set', undefined)).createdBy, undefined);
  });

  it('answers with its tags as a text, and with a profile where there are records', () => {
    const made = value(newEvaluationDataset('set', undefined));
    assert.deepEqual([evaluationDatasetAnswer(made).tags, evaluationDatasetAnswer(made).profile], ['{}', undefined]);
    assert.equal(evaluationDatasetAnswer({ ...made, records: 3 }).profile, '{"num_records":3}');
  });

  it('refuses tags that are no object, too long or without a key, and a name that is too long', () => {
    for (const text of ['[]', '{', '"a"', '1.0']) assert.match(refusal(readTags(text)), /'tags' supplied: it must be a JSON object/);
    assert.match(refusal(readTags('{"":"a"}')), /key must not be empty/);
    assert.match(refusal(readTags(JSON.stringify({ k: 'a'.repeat(5001) }))), /'value' exceeds the maximum length of 5000/);
    assert.match(refusal(newEvaluationDataset('a'.repeat(256), undefined)), /'name' exceeds the maximum length of 255/);
    const many = Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`k${index}`, 'a'.repeat(5000)]));
    assert.match(refusal(newEvaluationDataset('set', JSON.stringify(many))), /the dataset's tags and schema would hold \d+ bytes; it may hold up to 390000/);
  });
});
