import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import shipped from '../../../config/vocabulary/codes.json' with { type: 'json' };
import { withScratch } from '../../../lambdas/adapters/scratch.ts';
import { loadVocabulary } from '../../../lambdas/adapters/vocabulary-load.ts';
import { lookUpCodes } from '../../../lambdas/adapters/vocabulary-lookup.ts';
import { CONCEPTS } from '../../../lambdas/domain/lake/concepts.ts';
import { conceptOf, shippedCodes } from '../../../lambdas/domain/lake/vocabulary/concept-of.ts';
import { releaseOf } from '../../../lambdas/domain/lake/vocabulary/athena-files.ts';

const ATHENA = join(import.meta.dirname, '..', '..', 'fixtures', 'omop', 'athena');

/** A copy of the download, changed by name. */
const download = (folder: string, change: Readonly<Record<string, (text: string) => string | null>> = {}): string[] =>
  readdirSync(ATHENA).flatMap((name) => {
    const path = join(folder, `${name}.download`);
    const changed = change[name];
    if (!changed) copyFileSync(join(ATHENA, name), path);
    else {
      const text = changed(readFileSync(join(ATHENA, name), 'utf8'));
      if (text === null) return [];
      writeFileSync(path, text);
    }
    return [path];
  });

const load = (change: Parameters<typeof download>[1] = {}) => withScratch((folder) => loadVocabulary(download(folder, change), folder));
const refusal = async (change: Parameters<typeof download>[1]): Promise<string> => {
  const outcome = await load(change);
  assert.ok(!outcome.ok);
  return outcome.problem.detail ?? '';
};

describe('an Athena download', () => {
  test('is loaded as it comes: unquoted tabs, whatever the files are called', async () => {
    const outcome = await load();
    assert.ok(outcome.ok);
    assert.equal(outcome.value.release, 'v5.0 27-FEB-25');
    assert.deepEqual(Object.fromEntries(outcome.value.tables.map(({ table, rows }) => [table, rows])), {
      concept: 7,
      concept_ancestor: 1,
      concept_relationship: 6,
      domain: 2,
      source_to_standard: 8,
      vocabulary: 2,
    });
  });

  test('a code is looked up as the valid standard concepts that it maps to', async () => {
    await withScratch(async (folder) => {
      await loadVocabulary(download(folder), folder);
      const asked = [
        ['LOINC', '6301-6'],
        ['ICD10CM', 'I48.91'],
        ['ICD10CM', 'Z99.9'],
        ['ICD10CM', 'Z00.0'],
        ['SNOMED', '40316773'],
        ['SNOMED', "no'thing"],
      ].map(([vocabulary, code]) => ({ vocabulary: vocabulary!, code: code! }));
      const found = await lookUpCodes(join(folder, 'source_to_standard.parquet'), asked);
      assert.deepEqual(
        found.map((concepts) => concepts.map(({ conceptId, sourceConceptId, domain }) => [conceptId, sourceConceptId, domain])),
        [
          [[2000000001, 2000000001, 'Measurement']],
          [[2000000002, 2000000003, 'Condition']],
          [
            [2000000002, 2000000004, 'Condition'],
            [2000000005, 2000000004, 'Condition'],
          ],
          [[0, 2000000007, null]],
          [[0, 2000000006, null]],
          [],
        ],
      );
    });
  });

  test('that lacks a file, has another version, rows of another width or a date that is none, is refused by what is wrong', async () => {
    assert.match(
      await refusal({ 'CONCEPT_RELATIONSHIP.csv': () => null }),
      /columns of concept_relationship; an Athena download has CONCEPT.csv, CONCEPT_RELATIONSHIP.csv, VOCABULARY.csv/,
    );
    assert.match(await refusal({ 'CONCEPT.csv': (text) => text.replaceAll('\t', ',') }), /tab-separated columns of concept;/);
    assert.match(await refusal({ 'VOCABULARY.csv': (text) => text.replace('v5.0 27-FEB-25', 'v4.5') }), /no release of version 5/);
    assert.match(await refusal({ 'CONCEPT.csv': (text) => text.replace('19700101', '1970-01-01') }), /CONCEPT.csv has 1 rows whose valid_start_date is no date YYYYMMDD/);
    assert.match(await refusal({ 'CONCEPT.csv': (text) => text.replace('\tLab Test', '') }), /CONCEPT.csv has rows of another width/);
  });

  test('releases are written one way', () => {
    assert.equal(releaseOf(' v5.0 27-FEB-25'), 'v5.0 27-FEB-25');
    for (const other of ['v6.0 27-FEB-25', '2025-02-27', '']) assert.equal(releaseOf(other), null);
  });
});

describe('the shipped codes', () => {
  test('say the same of a concept as the list of concepts that models read', () => {
    for (const { vocabulary, code, conceptId, domain } of Object.values(CONCEPTS)) {
      if (vocabulary === 'None' || conceptId === 0) continue;
      const found = conceptOf(vocabulary, code);
      assert.deepEqual([found.conceptId, found.domain], [conceptId, domain], `${vocabulary} ${code}`);
    }
  });

  test('each is there once and names its source', () => {
    const keys = shipped.codes.map(({ vocabulary, code }) => `${vocabulary} ${code}`);
    assert.equal(new Set(keys).size, keys.length);
    for (const { source } of shipped.codes) assert.ok(Object.hasOwn(shipped.sources, source), source);
    assert.ok(shippedCodes().length >= keys.length);
  });

  test('a warfarin tablet knows its ingredient; an unknown code is concept 0', () => {
    assert.deepEqual(conceptOf('RxNorm', '855332').ingredients, ['11289']);
    assert.deepEqual(conceptOf('RxNorm', '0'), { conceptId: 0, sourceConceptId: 0, domain: null, ingredients: [] });
  });
});

const SYNTHEA = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'data', 'omop-synthea-csv', 'synthea');
const codesIn = (name: string, vocabulary: string, column: string) => {
  const [header, ...rows] = readFileSync(join(SYNTHEA, name), 'utf8').trimEnd().split('\n');
  const at = header!.split(',').indexOf(column);
  return [...new Set(rows.map((row) => row.split(',')[at]!))].map((code) => conceptOf(vocabulary, code));
};
const absent = (() => {
  try {
    readdirSync(SYNTHEA);
    return false;
  } catch {
    return '../shared/data/omop-synthea-csv is absent';
  }
})();

test('of the codes of Synthea’s medications and observations nine in ten are known', { skip: absent }, () => {
  for (const [name, vocabulary] of [
    ['medications.csv', 'RxNorm'],
    ['observations.csv', 'LOINC'],
  ] as const) {
    const found = codesIn(name, vocabulary, 'CODE');
    const known = found.filter(({ conceptId }) => conceptId > 0).length;
    assert.ok(known / found.length > 0.9, `${name}: ${known} of ${found.length}`);
  }
});
