import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { literal, withDuckDb } from '../../../lambdas/adapters/duckdb.ts';
import { withScratch } from '../../../lambdas/adapters/scratch.ts';
import { canonicalRows } from '../../../lambdas/domain/lake/formats/omop/canonical-rows.ts';
import { recogniseTable } from '../../../lambdas/domain/lake/formats/omop/cdm-tables.ts';
import { isCode } from '../../../lambdas/domain/lake/formats/omop/source-value.ts';
import { mutate, seeded } from './mutate.ts';
import { FIXTURES, stage } from './omop-set.ts';

const WORDS = [
  '"',
  '""',
  '\n',
  '\r\n',
  ',',
  '\t',
  '\0',
  '9'.repeat(40),
  '-1',
  '1e400',
  '0x1F',
  '2020-02-30',
  '2020-02-30T25:61:61',
  'NULL',
  'é',
  '\xff\xfe',
  "'; DROP TABLE people; --",
];
const source = (name: string) => readFileSync(join(FIXTURES, name));

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const partsOf = async (bytes: Buffer, size: number) => {
  const lines: string[] = [];
  const bad: number[] = [];
  let header: string[] = [];
  let binary = false;
  for await (const part of canonicalRows(() => inPieces(bytes, size))) {
    if ('header' in part) header = part.header.columns;
    else if ('noText' in part) binary = true;
    else {
      lines.push(...part.lines);
      bad.push(...part.bad.map(({ row }) => row));
    }
  }
  return { header, lines, bad, binary };
};

test('10,000 damaged CSV files: each is read the same in small pieces as in one, rows are numbered without gaps, none has another width', { timeout: 20_000 }, async () => {
  const random = seeded(20261121);
  const originals = [source('cdm-5.3/MEASUREMENT.csv'), source('cdm-5.4/measurement.tsv'), source('cdm-5.3/CDM_SOURCE.csv')];
  for (let round = 0; round < 10_000; round++) {
    const bytes = mutate(originals[round % originals.length]!, WORDS, random);
    const whole = await partsOf(bytes, bytes.length || 1);
    const [head, ...rest] = bytes.toString('latin1').split('\n');
    const returns = head!.replace(/\r$/, '').includes('\r') && rest.every((line) => line.trim() === '');
    assert.equal(whole.binary, bytes.includes(0) || returns);
    if (whole.binary) continue;
    if (round % 20 === 0) assert.deepEqual(await partsOf(bytes, 7), whole);
    const numbered = [...whole.lines.map((line) => Number(line.split(',', 1)[0])), ...whole.bad].sort((a, b) => a - b);
    assert.deepEqual(
      numbered,
      Array.from({ length: numbered.length }, (_, index) => index + 1),
    );
    for (const line of whole.lines) assert.doesNotMatch(line, /[\n\r]/);
    recogniseTable(whole.header);
  }
});

test('UTF-16 is told by its mark, whatever the pieces', async () => {
  const text = '\uFEFFperson_id,race_source_value\r\n1,é\r\n2,漢\r\n';
  const little = Buffer.from(text, 'utf16le');
  for (const bytes of [little, Buffer.from(little).swap16(), Buffer.from(text)])
    for (const size of [1, 2, 3, 1000])
      assert.deepEqual(await partsOf(bytes, size), { header: ['person_id', 'race_source_value'], lines: ['1,1,é', '2,2,漢'], bad: [], binary: false });
});

test('blank lines after a header with CR are read once', async () => {
  const blanks = Buffer.from(`person_id\rrace\n${'\n'.repeat(4 * 1024 * 1024)}`);
  const started = performance.now();
  assert.ok((await partsOf(blanks, 8_192)).binary);
  // a second's work; read again at each chunk, they take most of a minute
  assert.ok(performance.now() - started < 10_000);
  assert.deepEqual((await partsOf(Buffer.concat([blanks, Buffer.from('7\n')]), 8_192)).lines, ['1,7']);
});

/** What the standard allows in the cells that are mutated, said a second time and otherwise. */
const acceptable = {
  measurement_id: (cell: string) => /^[+-]?\d{1,18}$/.test(cell),
  person_id: (cell: string) => ['1', '2', '3'].includes(cell.replace(/^\+?0*(?=\d)/, '')),
  measurement_concept_id: (cell: string) => /^[+-]?\d+(\.0+)?$/.test(cell) && Number(cell) >= 0 && Number(cell) < 2 ** 31,
  measurement_date: (cell: string) => {
    const [, year, month, day] = /^(\d{4})-?(\d\d)-?(\d\d)$/.exec(cell) ?? [];
    const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
    return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(`${year}-${month}-${day}`) && Number(year) >= 1850 && Number(year) <= 2100;
  },
  value_as_number: (cell: string) => cell === '' || (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell) && Number.isFinite(Number(cell))),
};

test('10,000 rows of damaged cells: what is admitted is what an independent check allows', { timeout: 60_000 }, async () => {
  const columns = Object.keys(acceptable) as (keyof typeof acceptable)[];
  const good: Record<(typeof columns)[number], string> = {
    measurement_id: '',
    person_id: '1',
    measurement_concept_id: '3022217',
    measurement_date: '2015-02-03',
    value_as_number: '2.4',
  };
  const cell = fc.oneof(
    fc.constantFrom(
      '',
      ' ',
      '0',
      '-0',
      '1',
      '99',
      '2147483647',
      '2147483648',
      '9'.repeat(30),
      '1.5',
      '.5',
      '5.',
      '1e3',
      '1e400',
      'NaN',
      'Infinity',
      '0x10',
      '1_000',
      '１２',
      'true',
      '2015-02-29',
      '2016-02-29',
      '2015-2-3',
      '20150203',
      '1849-12-31',
      '2101-01-01',
      '2015-02-03x',
    ),
    fc.stringMatching(/^[0-9eE.+-]{0,6}$/),
    fc.string({ maxLength: 8 }).filter((text) => !/["\n\r,\0]/.test(text) && text.trim() === text),
  );
  const rows = fc.sample(fc.tuple(fc.constantFrom(...columns.slice(1)), cell), { numRuns: 10_000, seed: 20261121 }).map(([column, text], index) => {
    const row = { ...good, measurement_id: String(index + 1), [column]: text };
    const tokens = ['NULL', 'null', 'NA', '\\N'];
    const required = column !== 'value_as_number';
    const absent = text.trim() === '' || tokens.includes(text);
    return { row, allowed: absent ? !required : acceptable[column](text) };
  });
  await withScratch(async (folder) => {
    const path = join(folder, 'measurement.csv');
    writeFileSync(path, `${[...columns, 'measurement_type_concept_id'].join(',')}\n${rows.map(({ row }) => `${columns.map((column) => row[column]).join(',')},32856\n`).join('')}`);
    const { rows: staged, reading } = await stage([join(FIXTURES, 'cdm-5.3', 'PERSON.csv'), path], folder);
    const admitted = new Set(staged.filter((row) => row['table'] === 'measurement').map((row) => Number(String(row['source_location']).slice('row '.length))));
    const differing = rows.flatMap(({ row, allowed }, index) => (admitted.has(index + 1) === allowed ? [] : [{ row, allowed }]));
    assert.deepEqual(differing, []);
    assert.equal(reading('measurement.csv').read, rows.length);
    assert.ok(admitted.size > 500 && admitted.size < 9_000, `${admitted.size} rows admitted`);
  });
});

describe('damaged Parquet', () => {
  test('300 files: each is read or refused, none ends the process or the set', { timeout: 60_000 }, async () => {
    const random = seeded(7);
    await withScratch(async (folder) => {
      const good = join(folder, 'good.parquet');
      await withDuckDb((connection) =>
        connection.run(`COPY (FROM read_csv(${literal(join(FIXTURES, 'cdm-5.3', 'MEASUREMENT.csv'))}, header = true, all_varchar = true)) TO ${literal(good)} (FORMAT parquet)`),
      );
      const original = readFileSync(good);
      const paths = Array.from({ length: 300 }, (_, index) => {
        const path = join(folder, `damaged-${index}.parquet`);
        writeFileSync(path, mutate(original, ['PAR1', '\xff\xff\xff\x7f', '\0\0\0\0'], random));
        return path;
      });
      const { set } = await stage([join(FIXTURES, 'cdm-5.3', 'PERSON.csv'), ...paths], folder);
      assert.equal(set.files.length, 301);
      const refused = set.files.filter((file) => file.refused);
      assert.ok(refused.length > 100, `${refused.length} refused`);
      for (const file of refused) assert.ok(['malformed', 'not-this-format', 'empty', 'too-large', 'wrong-version'].includes(file.refused!.reason));
      assert.equal(set.files[0]!.admitted, 3);
    });
  });
});

test('identifiers of people are no codes; a code with another check digit is none', () => {
  for (const identifier of [
    '123-45-6789',
    '6175550123',
    '617-555-0123',
    '+1 617 555 0123',
    '10.11.12.13',
    '2001:db8::1',
    'a@b.org',
    'https://b.org/x',
    '2015-02-03',
    '20150203',
    'Smith',
    'Dr. Jane Doe',
    'MRN00012345',
    '5f1c2c9e-0000-4000-8000-000000000000',
    '1HGCM82633A004352',
    'AB-1234-CD',
    'K123-4567-8901',
  ])
    assert.equal(isCode(identifier), false, identifier);
  for (const code of ['6301-6', '29463-7', '44054006', '128053003', '855332', '11289', 'I48.91', 'E11', '427.31', 'J1644', '99213', '0001-0001-01', 'B01AA03', 'rs9923231', '140'])
    assert.equal(isCode(code), true, code);
  for (const wrong of ['6301-7', '29463-8', '44054007', '128053004']) assert.equal(isCode(wrong), false, wrong);
});
