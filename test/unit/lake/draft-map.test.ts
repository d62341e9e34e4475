import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourceMap } from '../../../lambdas/domain/lake/formats.ts';
import { parseSourceMap } from '../../../lambdas/domain/lake/formats.ts';
import { draftMap } from '../../../lambdas/domain/lake/draft-map.ts';

const LINES = [
  'Patient Id,Visit Date,Sex,Weight (kg),Site,Notes',
  ...Array.from(
    { length: 40 },
    (_, row) => `P${row},2014-05-${String((row % 28) + 1).padStart(2, '0')},${row % 2 ? 'M' : 'F'},${60 + row}.5,S${row % 3},spoke to Ruth Abernethy ${row}`,
  ),
];

test('a draft is a valid map that names key, date, site, units and likely concepts, and keeps no free text', () => {
  const draft = draftMap('my-clinic', LINES);
  assert.ok('map' in draft);
  const map = parseSourceMap('draft', draft.map) as Extract<SourceMap, { format: 'csv-table' }>;
  const { columns, rows, subject } = map.mapping.tables['ROWS']!;
  assert.equal(subject, 'Patient Id');
  assert.deepEqual(
    Object.entries(columns).map(([name, { type }]) => [name, type]),
    [
      ['Patient Id', 'text'],
      ['Visit Date', 'date'],
      ['Sex', 'code'],
      ['Weight (kg)', 'number'],
      ['Site', 'text'],
      ['Notes', 'drop'],
    ],
  );
  assert.ok(rows.some((row) => row.table === 'measurement' && row.about[0]!.concept === 'body_weight'));
  assert.doesNotMatch(JSON.stringify(draft), /Ruth|P17/);
});

test('what cannot be drafted is said in one line', () => {
  for (const lines of [[], ['one'], ['a,b'], ['a,b', '1,2'], ['id,x', 'only one cell']]) {
    const draft = draftMap('my-clinic', lines);
    assert.ok('problem' in draft && !draft.problem.includes('\n'), JSON.stringify(lines));
  }
});
