import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { rowsOf, withDuckDb } from '../../../lambdas/adapters/duckdb.ts';
import { withScratch } from '../../../lambdas/adapters/scratch.ts';
import { stagedRelation } from '../../../lambdas/adapters/staged-files.ts';
import { ownCells } from '../../../lambdas/domain/lake/identify.ts';
import { stagedColumns } from '../../../lambdas/domain/lake/staged-line.ts';
import { stagedLine } from './staged-rows.ts';

type Values = Record<string, string | number | null | undefined>;

/** The lines as the engine reads them, also where the file is of several parts. */
const readBack = (rows: readonly Values[], parts = 1): Promise<Record<string, unknown>[]> =>
  withScratch(async (folder) => {
    const lines = rows.map((values, index) =>
      stagedLine({ table: 'measurement', record_key: 'k'.repeat(32), source_location: `row ${index}`, own: ownCells({ id: String(index) }), values }),
    );
    const size = Math.ceil(lines.length / parts) || 1;
    const path = join(folder, 'staged-0-measurement.csv.zst');
    writeFileSync(path, Buffer.concat(Array.from({ length: parts }, (_, part) => zstdCompressSync(Buffer.concat(lines.slice(part * size, (part + 1) * size))))));
    return withDuckDb((connection) => rowsOf(connection, `FROM ${stagedRelation([path], stagedColumns('measurement'))}`));
  });

const text = fc.string({ unit: 'grapheme', maxLength: 12 }).map((each) => each.toWellFormed());
const awkward = fc.constantFrom('', ' ', '"', '""', ',', '\n', '\r\n', '\r', '\0', '\\', '\\"', "'", 'null', 'NULL', '#', '\t', '\u2028', '😀', 'a"b,c\nd');

test('any texts and numbers are read back as they were staged; an empty text is none that is missing', async () => {
  const cell = fc.option(
    fc.oneof(
      text,
      awkward,
      fc.tuple(awkward, text, awkward).map((each) => each.join('')),
    ),
    { nil: undefined },
  );
  const row = fc.record({ value_source_value: cell, measurement_time: cell, value_as_number: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: null }) });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 3 }), async (rows, parts) => {
      const found = await readBack(rows, parts);
      assert.deepEqual(
        found.map((each) => [each['source_location'], each['measurement_id'], each['value_source_value'], each['measurement_time'], each['value_as_number']]),
        rows.map((each, index) => [
          `row ${index}`,
          BigInt(index),
          each.value_source_value ?? null,
          each.measurement_time ?? null,
          each.value_as_number === null ? null : each.value_as_number + 0,
        ]),
      );
    }),
    { numRuns: 60 },
  );
});

test('a number that is none is missing; a whole number is the nearest, of two the even one', async () => {
  const found = await readBack([
    { value_as_number: Number.NaN, operator_concept_id: 2.5 },
    { value_as_number: Number.POSITIVE_INFINITY, operator_concept_id: 3.5 },
    { value_as_number: -0, operator_concept_id: -2.5 },
  ]);
  assert.deepEqual(
    found.map((each) => [each['value_as_number'], each['operator_concept_id']]),
    [
      [null, 2],
      [null, 4],
      [0, -2],
    ],
  );
});

test('what is no date is a fault', async () => {
  await assert.rejects(readBack([{ measurement_date: '2026-02-30' }]));
  await assert.rejects(readBack([{ measurement_date: '' }]));
});

test('a line of many megabytes is read', async () => {
  const long = 'x'.repeat(8_000_000);
  const [found] = await readBack([{ value_source_value: long }]);
  assert.equal(found!['value_source_value'], long);
});
