import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isTellableTerm, knownWords, termsOf } from '../../../lambdas/domain/lake/source-terms.ts';
import { CONCEPTS } from '../../../lambdas/domain/lake/concepts.ts';
import { shippedCodes } from '../../../lambdas/domain/lake/vocabulary/concept-of.ts';
import { findSource, sourceNames } from '../../../lambdas/domain/lake/sources.ts';

const words = knownWords(findSource('dataset-json'));
const kept = (text: string): boolean => isTellableTerm(text, words);

describe('terms of sources', () => {
  test('codes of vocabularies, results, units and known words are kept', () => {
    const CODES = ['8302-2', '44054006', '855332', 'rs9923231', 'E11.9', 'B01AA03', 'WARFARIN', 'Warfarin sodium', 'warfarin'];
    const RESULTS = [
      '2.4',
      '<5',
      '69.85322498',
      '1.2e-3',
      '*1/*3',
      'A/G',
      'CYP2C9 *2/*3',
      '70-79',
      '90+',
      '6000 in PT24H',
      '20000 in PT2904H',
      'of 288 readings',
      'chr10:94938719',
      'POSITIVE',
    ];
    const UNITS = ['mg/dL', '10*3/uL', 'mmol/L', '{steps}', 'mL/min/{1.73_m2}', 'U/L'];
    for (const text of [...CODES, ...RESULTS, ...UNITS]) assert.ok(kept(text), text);
  });

  test('every name and code of the shipped concepts and vocabulary is kept, for each source', () => {
    const shipped = [...Object.keys(CONCEPTS), ...shippedCodes().map(({ code }) => code)];
    for (const source of sourceNames()) {
      const known = knownWords(findSource(source));
      assert.deepEqual(
        shipped.filter((text) => !isTellableTerm(text, known)),
        [],
        source,
      );
    }
  });

  test('a source’s own short codes are kept, where they are no words', () => {
    for (const text of ['ABC123', 'XYZ-999', 'LAB-12', 'A7', '1234']) assert.ok(kept(text), text);
  });

  test('names and numbers of people are not, alone or among other words', () => {
    const NAMES = [
      'Mustermann',
      'MUSTERMN',
      'mustermann',
      'Li-Meier',
      'O’Brien',
      'Gout Erika Mustermann',
      'Warfarin Mustermann',
      '山田太郎',
      'Ünal',
      '{Mustermann}',
      'mg/Mustermann',
    ];
    const NUMBERS = ['MRN4711081', 'MRN-471108-1', 'X4711081', '6035550142', '+16035550142', '603-555-0142', '603.555.01.42', '4711 0812', 'SN-9Q8W7E6R', 'HK-2345678', '12345678'];
    for (const text of [...NAMES, ...NUMBERS]) assert.ok(!kept(text), text);
  });

  test('a map may name words of its own', () => {
    assert.ok(!kept('ANTIX') && isTellableTerm('ANTIX', knownWords({ ...findSource('dataset-json')!, terms: ['Antix'] })));
  });

  test('prose of a map makes no words known: it cites people', () => {
    assert.ok(!isTellableTerm('Battelino', knownWords({ citation: 'Battelino 2019', title: 'by Battelino', columns: { glucose: { because: 'Battelino' } } })));
    assert.ok(!isTellableTerm('Battelino', knownWords(findSource('cgm'))));
  });

  test('another term is the same hash each time, another under another key or namespace', () => {
    const key = (secret: number, namespace: string) => termsOf({ namespace }, Buffer.alloc(32, secret)).keyed!('Mustermann');
    assert.match(key(1, 'a'), /^keyed:[0-9a-f]{16}$/);
    assert.equal(key(1, 'a'), key(1, 'a'));
    assert.equal(new Set([key(1, 'a'), key(2, 'a'), key(1, 'b')]).size, 3);
  });
});
