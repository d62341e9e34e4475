import assert from 'node:assert/strict';
import { test } from 'node:test';
import iwpc from '../../../config/sources/iwpc.json' with { type: 'json' };
import { CONCEPTS } from '../../../lambdas/domain/lake/concepts.ts';
import { parseSourceMap } from '../../../lambdas/domain/lake/formats.ts';
import { type PatientRowsMap, headerOf } from '../../../lambdas/domain/lake/source-map.ts';
import { findSource, sourceNames, updateSourceOf } from '../../../lambdas/domain/lake/sources.ts';

type Json = Record<string, unknown>;
const changed = (change: (map: { columns: Record<string, Json> } & Json) => void): unknown => {
  const map = structuredClone(iwpc) as unknown as { columns: Record<string, Json> } & Json;
  change(map);
  return map;
};

test('the shipped source describes 68 columns, of which free text and second identifiers are dropped', () => {
  const map = findSource('iwpc') as PatientRowsMap;
  assert.equal(headerOf(map).length, 68);
  const dropped = Object.entries(map.columns).filter(([, { type }]) => type === 'drop');
  assert.deepEqual(
    dropped.map(([name]) => name),
    ['PharmGKB Sample ID', 'Race (Reported)', 'Ethnicity (Reported)', 'Comorbidities', 'Medications', 'Comments regarding Project Site Dataset'],
  );
});

test('no source of that name', () => {
  assert.equal(findSource('no-such-source'), null);
  assert.equal(findSource('toString'), null);
  assert.ok(sourceNames().every((name) => findSource(name)!.name === name));
});

test('what changed since an earlier export is read by the source’s variant, of the same patients', () => {
  const [whole, update] = [findSource('fhir-ndjson')!, findSource(updateSourceOf('fhir-ndjson'))!];
  assert.deepEqual([update.name, update.namespace, update.format], ['fhir-ndjson-update', whole.namespace, whole.format]);
  assert.equal(updateSourceOf('vcf'), 'vcf');
});

test('every concept that a map names makes rows under a name that fits OMOP’s 50 characters', () => {
  for (const name of Object.keys(CONCEPTS)) assert.match(name, /^[a-z][a-z0-9_]{0,49}$/);
});

const ERRORS: [string, (map: { columns: Record<string, Json> } & Json) => void, RegExp][] = [
  [
    'an unknown concept',
    ({ columns }) => (columns['Height (cm)']!['makes'] = [{ table: 'measurement', concept: 'body_hight' }]),
    /^config\/sources\/x\.json: columns › Height \(cm\) › makes › 0 › concept: must be one of body_height, /,
  ],
  ['an unknown unit', ({ columns }) => (columns['Height (cm)']!['unit'] = 'inch'), /columns › Height \(cm\) › unit: must be one of cm, kg, INR, mg\/week/],
  ['a range upside down', ({ columns }) => (columns['Weight (kg)']!['range'] = [300, 20]), /columns › Weight \(kg\) › range: must be \[low, high\]/],
  ['no key', ({ columns }) => delete columns['PharmGKB Subject ID'], /columns: must hold exactly one column of type key, holds 0/],
  [
    'a race that OMOP has no concept for',
    ({ columns }) => (columns['Race (OMB)']!['codes'] = { White: 'Caucasian' }),
    /columns › Race \(OMB\) › codes › White: must be one of White, Asian, Black or African American/,
  ],
  [
    'a table that is not written',
    ({ columns }) => (columns['Diabetes']!['makes'] = [{ table: 'note', concept: 'diabetes' }]),
    /columns › Diabetes › makes › 0 › table: .*observation/,
  ],
  ['a misspelt member', (map) => (map['nulTokens'] = []), /nulTokens/],
  ['another format', (map) => (map['format'] = 'xlsx'), /format: .*csv/],
];

for (const [name, change, message] of ERRORS) {
  test(`a source map with ${name} is refused in one line that names file, key and what is allowed`, () => {
    assert.throws(
      () => parseSourceMap('config/sources/x.json', changed(change)),
      (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      },
    );
  });
}
