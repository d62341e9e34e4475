import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dateShiftDays, safeHarborShiftDays } from '../../../lambdas/domain/lake/deidentified-date.ts';

const SECRET = Buffer.alloc(32, 3);
const date = fc.date({ min: new Date('1950-01-01'), max: new Date('2030-12-31'), noInvalidDate: true }).map((day) => day.toISOString().slice(0, 10));

const shifted = (day: string, by: number) => new Date(Date.parse(day) + by * 86_400_000).toISOString().slice(0, 10);

test('safe harbor keeps the year of the first contact and the days since', () => {
  const by = safeHarborShiftDays('2006-12-30');
  assert.equal(shifted('2006-12-30', by), '2006-01-01');
  assert.equal(shifted('2007-03-05', by), '2006-03-07');
});

test('patients with the same year and intervals are alike under safe harbor, whatever their days', () => {
  fc.assert(
    fc.property(date, fc.integer({ min: 0, max: 9000 }), (first, interval) => {
      assert.equal(shifted(shifted(first, interval), safeHarborShiftDays(first)), shifted(`${first.slice(0, 4)}-01-01`, interval));
    }),
  );
});

test('a day that no calendar has is refused', () => {
  assert.throws(() => safeHarborShiftDays('2007-02-30'), RangeError);
  assert.throws(() => safeHarborShiftDays('03/05/2007'), RangeError);
});

test('a patient’s shift is keyed, the same each time, never none, whole weeks within half a year', () => {
  const seen = new Set<number>();
  for (let subject = 0; subject < 2000; subject++) {
    const shift = dateShiftDays(SECRET, String(subject));
    assert.equal(shift, dateShiftDays(SECRET, String(subject)));
    assert.ok(shift !== 0 && shift % 7 === 0 && Math.abs(shift) <= 182);
    seen.add(shift);
  }
  assert.equal(seen.size, 52);
  assert.notDeepEqual(
    Array.from({ length: 20 }, (_, subject) => dateShiftDays(SECRET, String(subject))),
    Array.from({ length: 20 }, (_, subject) => dateShiftDays(Buffer.alloc(32, 4), String(subject))),
  );
});
