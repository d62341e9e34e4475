import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anonymityOf, tooFewAlike } from '../../../lambdas/domain/lake/anonymity.ts';

test('k is the smallest group; with shifted dates a smaller one than 5 is refused, under Safe Harbor it is only told', () => {
  const shifted = anonymityOf([12, 4, 7, 3], 'date-shift');
  assert.deepEqual([shifted.k, shifted.patientsBelow, shifted.required], [3, 7, 5]);
  assert.match(tooFewAlike(shifted)!, /at least 4 others in year_of_birth, .*smallest group has 3, and 7 patients/);
  assert.equal(tooFewAlike(anonymityOf([5, 9], 'date-shift')), null);
  assert.equal(tooFewAlike(anonymityOf([1, 9], 'safe-harbor')), null);
});

test('nobody is not anonymous', () => assert.notEqual(tooFewAlike(anonymityOf([], 'date-shift')), null));
