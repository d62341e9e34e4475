import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { dayOfStudyDay, isDateFormat, readDate, readIsoDate } from '../../../lambdas/domain/lake/formats/table/read-date.ts';

const said = (text: string, formats: string[] = ['iso8601']): string => {
  const reading = readDate(text, formats);
  if ('reason' in reading) return reading.reason;
  return reading.moment ? `${reading.moment.time ?? reading.moment.day} ${reading.moment.precision} ≤ ${reading.moment.last}` : 'nothing';
};

describe('dates of tables', () => {
  it('reads ISO 8601 with all that SDTM lets be unknown', () => {
    assert.equal(said('2014-05-06'), '2014-05-06 day ≤ 2014-05-06');
    assert.equal(said('2014-05-06T07:08'), '2014-05-06T07:08:00 time ≤ 2014-05-06');
    assert.equal(said('2014-05-06T07:08:09.25+02:00'), '2014-05-06T07:08:09 time ≤ 2014-05-06');
    assert.equal(said('2014-05-06T07'), '2014-05-06 day ≤ 2014-05-06');
    assert.equal(said('2014-05-06T-:15'), '2014-05-06 day ≤ 2014-05-06');
    assert.equal(said('2014-02'), '2014-02-01 month ≤ 2014-02-28');
    assert.equal(said('2014'), '2014-01-01 year ≤ 2014-12-31');
    assert.equal(said('2014---15'), '2014-01-15 year ≤ 2014-12-15');
    assert.equal(said('2014-05--T10:00'), '2014-05-01 month ≤ 2014-05-31');
    assert.equal(said('--12-15'), 'nothing');
    assert.equal(said('-----T07:15'), 'nothing');
    assert.equal(said('2014-05-06/2014-05-09'), '2014-05-06 day ≤ 2014-05-09');
  });

  it('refuses what no calendar or clock has', () => {
    for (const text of [
      '2014-02-31',
      '2015-02-29',
      '2014-13-01',
      '2014-00-10',
      '2014-05-06T24:00',
      '2014-05-06T10:61',
      '2014-5-6',
      '14-05-06',
      '06.05.2014',
      '2014-05-06T',
      '-',
      'UNK',
      '2014-05-09/2014-05-06',
      '0014-05-06',
      '2014-05-06T10:00+25:00',
      '2014-05-06T10:00-05:60',
    ])
      assert.equal(said(text), 'unparsable-date', text);
    assert.equal(said('2016-02-29'), '2016-02-29 day ≤ 2016-02-29');
    assert.equal(said('--02-29'), 'nothing');
  });

  it('reads any day back as it is', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date('1850-01-01'), max: new Date('2200-12-31'), noInvalidDate: true }), (date) => {
        const day = date.toISOString().slice(0, 10);
        assert.deepEqual(readIsoDate(day), { moment: { day, time: null, last: day, precision: 'day' } });
        const [year, month, dayOfMonth] = day.split('-') as [string, string, string];
        assert.equal(said(`${Number(month)}/${Number(dayOfMonth)}/${year}`, ['M/D/YYYY']), `${day} day ≤ ${day}`);
      }),
    );
  });

  it('reads patterns, the first that fits', () => {
    assert.equal(said('4/12/2016 12:00:00 AM', ['M/D/YYYY h:mm:ss A']), '2016-04-12T00:00:00 time ≤ 2016-04-12');
    assert.equal(said('4/12/2016 12:05:00 PM', ['M/D/YYYY h:mm:ss A']), '2016-04-12T12:05:00 time ≤ 2016-04-12');
    assert.equal(said('06-MAY-2014', ['iso8601', 'DD-MMM-YYYY']), '2014-05-06 day ≤ 2014-05-06');
    assert.equal(said('31.02.2014', ['DD.MM.YYYY']), 'unparsable-date');
    assert.equal(said('13/1/2014', ['M/D/YYYY']), 'unparsable-date');
    assert.equal(said('1399334400', ['posix-seconds']), '2014-05-06T00:00:00 time ≤ 2014-05-06');
    assert.equal(said('99999999999999999999', ['posix-seconds']), 'unparsable-date');
  });

  it('knows a pattern from none', () => {
    for (const format of ['iso8601', 'M/D/YYYY', 'YYYY-MM-DD HH:mm:ss', 'posix-milliseconds']) assert.ok(isDateFormat(format), format);
    for (const format of ['YYYY', 'DD/MM', 'MM/MM/YYYY DD', 'M/D/YYYY (.*)', '']) assert.ok(!isDateFormat(format), format);
  });

  it('counts study days without a day 0', () => {
    assert.equal(dayOfStudyDay('2014-03-01', 1), '2014-03-01');
    assert.equal(dayOfStudyDay('2014-03-01', -1), '2014-02-28');
    assert.equal(dayOfStudyDay('2014-03-01', 32), '2014-04-01');
  });
});
