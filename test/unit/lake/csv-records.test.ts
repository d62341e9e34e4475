import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CsvRecord, csvRecords, textLines } from '../../../lambdas/domain/lake/csv-records.ts';
import { csvLine } from '../../../local/cohort/iwpc-row.ts';

/** The bytes in pieces of `size`. */
async function* pieces(text: string, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}
const all = async <T, S>(items: AsyncIterable<T>, of: (item: T) => S): Promise<S[]> => {
  const found: S[] = [];
  for await (const item of items) found.push(of(item));
  return found;
};
const read = async (text: string, columns: number, size?: number): Promise<CsvRecord[]> =>
  (await all(csvRecords(textLines(pieces(text, size)), columns), (records) => [...records])).flat();

test('any cells written by RFC 4180 are read back, whatever the line ends and the pieces', async () => {
  const cell = fc.string({ unit: fc.constantFrom('a', 'Z', '9', ' ', ',', '"', ';', 'é', '漢', '\n'), maxLength: 8 });
  // a row of blanks only is a blank line, and a first cell that opens with a line break is joined as any other
  const row = fc.array(cell, { minLength: 3, maxLength: 3 }).filter((cells) => cells.some((text) => text.trim() !== ''));
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 8 }), fc.constantFrom('\n', '\r\n'), fc.integer({ min: 1, max: 40 }), async (rows, end, size) => {
      const records = await read(['a,b,c', ...rows.map(csvLine)].join(end), 3, size);
      assert.deepEqual(
        records.map(({ cells }) => cells),
        rows,
      );
      assert.deepEqual(
        records.map(({ row: number }) => number),
        rows.map((_, index) => index + 1),
      );
    }),
    { numRuns: 200 },
  );
});

test('a stray quote costs its own row only', async () => {
  const records = await read('a,b\n1,2\n3,"4\n5,6\n7,8\n', 2);
  assert.deepEqual(
    records.map(({ line, cells }) => [line, cells]),
    [
      [2, ['1', '2']],
      [3, null],
      [4, ['5', '6']],
      [5, ['7', '8']],
    ],
  );
});

test('two stray quotes do not swallow the rows between them', async () => {
  const between = Array.from({ length: 5 }, (_, index) => `${index},x`);
  const records = await read(['a,b', 'p,"q', ...between, 'r,"s', 't,u'].join('\n'), 2);
  assert.deepEqual(
    records.filter(({ cells }) => cells === null).map(({ line }) => line),
    [2, 8],
  );
  assert.deepEqual(
    records.flatMap(({ cells }) => (cells ? [cells[0]] : [])),
    ['0', '1', '2', '3', '4', 't'],
  );
});

test('a quoted cell may hold line breaks', async () => {
  const records = await read('a,b\n1,"two\nlines"\n3,4\n', 2);
  assert.deepEqual(
    records.map(({ row, line, cells }) => [row, line, cells]),
    [
      [1, 2, ['1', 'two\nlines']],
      [2, 4, ['3', '4']],
    ],
  );
});

test('a byte order mark, blank lines and a missing last line end are no rows', async () => {
  assert.deepEqual(
    (await read('\uFEFFa,b\r\n\r\n1,2\r\n\r\n', 2)).map(({ cells }) => cells),
    [['1', '2']],
  );
  assert.deepEqual(
    (await read('\uFEFFa,b\n1,2', 2)).map(({ cells }) => cells),
    [['1', '2']],
  );
  assert.deepEqual((await all(textLines(pieces('\uFEFFa,b\n')), (lines) => lines)).flat()[0], 'a,b');
});

test('a line without end is cut, so that memory stays bounded', async () => {
  const [line] = (await all(textLines(pieces('x'.repeat(3_000_000), 65_536)), (lines) => lines)).flat();
  assert.equal(line!.length, 1_048_576);
});
