import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readAgeDecade, readCode, readCodes, readFlag, readInterval, readNumber, readSnpGenotype, readStarDiplotype } from '../../../lambdas/domain/lake/read-cell.ts';
import type { ColumnOf, PatientRowsMap } from '../../../lambdas/domain/lake/source-map.ts';
import { findSource } from '../../../lambdas/domain/lake/sources.ts';

const value = <V>(expected: V) => ({ value: expected });
const reason = (expected: string) => ({ reason: expected });

test('numbers: decimal, within the range, nothing else', () => {
  assert.deepEqual(readNumber('193.04', [90, 250]), value(193.04));
  assert.deepEqual(readNumber('90', [90, 250]), value(90));
  assert.deepEqual(readNumber('1.6e2', [90, 250]), value(160));
  for (const text of ['5 ft 9', '72,5', '1.2.3', 'NaN', 'Infinity', '0x10', '12kg', '--3', '1e']) assert.deepEqual(readNumber(text, [0, 1000]), reason('unparsable-number'), text);
  for (const text of ['89.99', '250.01', '-170', '1e9']) assert.deepEqual(readNumber(text, [90, 250]), reason('impossible-value'), text);
});

test('every finite number within the range is read back exactly', () => {
  fc.assert(fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), (number) => assert.deepEqual(readNumber(String(number), [-1e6, 1e6]), value(number + 0))));
});

test('age becomes a decade, and all of 90 and over are one class', () => {
  for (const [text, decade] of [
    ['0 - 9', 0],
    ['10 - 19', 1],
    ['70 - 79', 7],
    ['80-89', 8],
    ['90+', 9],
    ['90 - 99', 9],
    ['100+', 9],
    ['89', 8],
    ['90', 9],
    ['104', 9],
  ] as const)
    assert.deepEqual(readAgeDecade(text), value(decade), text);
  for (const text of ['121', '-4', '70 - 89', '75 - 84', '60+', '63.5']) assert.deepEqual(readAgeDecade(text), reason('impossible-value'), text);
  for (const text of ['sixty', '70s', '1950-03-12']) assert.deepEqual(readAgeDecade(text), reason('unparsable-number'), text);
});

test('no age of 90 or over can be told from another', () => {
  fc.assert(fc.property(fc.integer({ min: 90, max: 120 }), (years) => assert.deepEqual(readAgeDecade(String(years)), value(9))));
});

test('diplotypes of defined star alleles, the lower first; others are unknown', () => {
  assert.deepEqual(readStarDiplotype('*1/*1', [1, 88]), value('*1/*1'));
  assert.deepEqual(readStarDiplotype('*11/*2', [1, 88]), value('*2/*11'));
  assert.deepEqual(readStarDiplotype('*1/*5', [1, 88]), value('*1/*5'));
  for (const text of ['*1/*99', '*0/*1', '*1', '1/2', '*1/*2/*3', 'A/G', '*1|*2', '*01/*1']) assert.deepEqual(readStarDiplotype(text, [1, 88]), reason('unknown-genotype'), text);
});

test('genotypes of the position’s two alleles, in alphabetical order; others are unknown', () => {
  assert.deepEqual(readSnpGenotype('G/A', ['A', 'G']), value('A/G'));
  assert.deepEqual(readSnpGenotype('g/g', ['A', 'G']), value('G/G'));
  for (const text of ['A/T', 'A', 'AA', 'A/G/G', '*1/*1', '']) assert.deepEqual(readSnpGenotype(text, ['A', 'G']), reason('unknown-genotype'), text);
});

test('target ranges', () => {
  assert.deepEqual(readInterval('2-3', [1, 6]), value({ low: 2, high: 3, middle: 2.5 }));
  assert.deepEqual(readInterval('3.0 – 4.0', [1, 6]), value({ low: 3, high: 4, middle: 3.5 }));
  assert.deepEqual(readInterval('3-2', [1, 6]), reason('impossible-value'));
  assert.deepEqual(readInterval('2-30', [1, 6]), reason('impossible-value'));
  assert.deepEqual(readInterval('2 to 3', [1, 6]), reason('unparsable-number'));
});

test('flags and words of a vocabulary', () => {
  assert.deepEqual([readFlag('0'), readFlag('1'), readFlag('2'), readFlag('yes')], [value(0), value(1), reason('unknown-code'), reason('unknown-code')]);
  assert.deepEqual(readCode('Female', { male: 'male', female: 'female' }), value('female'));
  assert.deepEqual(readCode('f/m', { male: 'male', female: 'female' }), reason('unknown-code'));
});

test('lists of indications, also the untidy ones', () => {
  const column = (findSource('iwpc') as PatientRowsMap).columns['Indication for Warfarin Treatment'] as ColumnOf<'codes'>;
  const positive = (text: string) => {
    const reading = readCodes(text, column);
    return 'reason' in reading ? reading.reason : Object.entries(reading.value!).flatMap(([concept, flag]) => (flag === 1 ? [concept] : []));
  };
  assert.deepEqual(positive('3; 8'), ['indication_af', 'indication_other']);
  assert.deepEqual(positive('4;6'), ['indication_valve', 'indication_stroke']);
  assert.deepEqual(positive('1,2'), ['indication_dvt', 'indication_pe', 'indication_dvt_or_pe']);
  assert.deepEqual(positive('1 or 2'), ['indication_dvt_or_pe']);
  assert.deepEqual(positive('1 or 2; 8'), ['indication_other', 'indication_dvt_or_pe']);
  for (const text of ['9', '3; x', '3 or 4', ';', 'AF']) assert.equal(positive(text), 'unknown-code', text);
});

test('with “1 or 2” neither is denied, the rest are', () => {
  const reading = readCodes('1 or 2', (findSource('iwpc') as PatientRowsMap).columns['Indication for Warfarin Treatment'] as ColumnOf<'codes'>);
  assert.ok('value' in reading);
  assert.equal(reading.value!['indication_dvt'], undefined);
  assert.equal(reading.value!['indication_pe'], undefined);
  assert.equal(reading.value!['indication_af'], 0);
});
