import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckedFile } from '../../../lambdas/contracts/sample.ts';
import { checkedFile, withinAnswer } from '../../../lambdas/domain/lake/checked-file.ts';

const file = (name: string, findings: number, calls: number): CheckedFile => ({
  file: name,
  read: findings + calls,
  admitted: calls,
  quarantined: Array.from({ length: findings }, (_, row) => ({ where: `row ${row + 1}`, field: null, reason: 'malformed-row' })),
  rows: {},
  calls: Array.from({ length: calls }, () => ({ gene: 'CYP2C9', diplotype: '*1/*3', outcome: 'called' })),
});

test('an answer holds the first findings and calls of all files, and says of how many', () => {
  const files = [file('1', 3, 2), file('2', 4, 1), file('3', 2, 0)];
  assert.deepEqual(withinAnswer(files, [3, 4, 2]), files);
  const [first, second, third] = withinAnswer(files, [3, 40, 2], 7);
  assert.deepEqual(first, files[0]);
  assert.deepEqual([second!.quarantined.length, second!.quarantinedRecords, second!.calls!.length, second!.read], [2, 40, 0, 5]);
  assert.deepEqual([third!.quarantined, third!.quarantinedRecords], [[], 2]);
});

test('a file that is refused whole has one finding, against itself', () => {
  const refused = { reason: 'wrong-version' as const, detail: 'cdm_version must be 5.3 or 5.4' };
  const { quarantined } = checkedFile('1', { file: 0, read: 0, admitted: 0, deleted: 0, quarantinedRecords: 0, quarantined: [], reasons: [], rows: {}, refused });
  assert.deepEqual(quarantined, [{ where: 'file', field: null, ...refused }]);
});
