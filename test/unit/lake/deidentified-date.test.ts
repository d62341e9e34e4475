import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dateShiftDays, safeHarborDate, shiftDate } from '../../../lambdas/domain/lake/deidentified-date.ts';

const SECRET = Buffer.alloc(32, 3);
const date = fc.date({ min: new Date('1950-01-01'), max: new Date('2030-12-31'), noInvalidDate: true }).map((day) => day.toISOString().slice(0, 10));
const days = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 86_400_000;

test('safe harbor keeps the year of the first contact and the days since', () => {
  assert.deepEqual(safeHarborDate('2007-03-05', '2006-12-30'), { year: 2006, daysSinceFirstContact: 65, omopDate: '2006-03-07' });
  assert.deepEqual(safeHarborDate('2006-12-30', '2006-12-30'), { year: 2006, daysSinceFirstContact: 0, omopDate: '2006-01-01' });
});

test('patients with the same year and intervals are alike under safe harbor, whatever their days', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 60 }), (dayOfYear, interval) => {
      const at = (day: number) => new Date(Date.UTC(2010, 0, day)).toISOString().slice(0, 10);
      assert.deepEqual(safeHarborDate(at(dayOfYear + interval), at(dayOfYear)), safeHarborDate(at(1 + interval), at(1)));
    }),
  );
});

test('a date before the first contact and a day that no calendar has are refused', () => {
  assert.throws(() => safeHarborDate('2006-12-29', '2006-12-30'), RangeError);
  assert.throws(() => shiftDate('2007-02-30', 7), RangeError);
  assert.throws(() => shiftDate('03/05/2007', 7), RangeError);
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

test('shifting keeps every interval', () => {
  fc.assert(
    fc.property(date, date, fc.string(), (one, two, subject) => {
      const shift = dateShiftDays(SECRET, subject);
      assert.equal(days(shiftDate(one, shift), shiftDate(two, shift)), days(one, two));
      assert.equal(days(one, shiftDate(one, shift)), shift);
    }),
  );
});
