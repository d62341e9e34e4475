import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import shipped from '../../../config/sources/xpt.json' with { type: 'json' };
import { XptMap } from '../../../lambdas/domain/lake/formats/xpt/map.ts';
import type { XptEncoding } from '../../../lambdas/domain/lake/formats/xpt/decode-row.ts';
import { xptRows } from '../../../lambdas/domain/lake/formats/xpt/rows.ts';
import type { TableRow } from '../../../lambdas/domain/lake/formats/table/table-row.ts';
import type { Refusal } from '../../../lambdas/domain/lake/reading.ts';
import { memoryFile, xptBytes, xptMap } from './xpt-bytes.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FIXTURES = join(ROOT, 'test/fixtures/xpt');

const read = async (bytes: Uint8Array, encoding: XptEncoding = 'auto', chunk = 65_536): Promise<{ rows: TableRow[]; refusals: Refusal[] }> => {
  const rows: TableRow[] = [];
  const refusals: Refusal[] = [];
  for await (const entry of xptRows([memoryFile(bytes, 'xpt', { chunk })], xptMap(encoding))) {
    if ('refused' in entry) refusals.push(entry);
    else rows.push(entry);
  }
  return { rows, refusals };
};

const values = (rows: TableRow[]) => rows.map(({ cells }) => [...cells.values()]);
const fixture = (name: string): Buffer => readFileSync(join(FIXTURES, name));
const expected = (name: string) => JSON.parse(fixture(name).toString()) as { table: string; columns: string[]; rows: (string | number | null)[][] }[];

/** The one refusal of a file, and nothing else of it. */
const refusal = async (bytes: Uint8Array): Promise<Refusal> => {
  const { rows, refusals } = await read(bytes);
  assert.equal(rows.length, 0);
  assert.equal(refusals.length, 1);
  return refusals[0]!;
};

describe('SAS transport files', () => {
  for (const name of readdirSync(FIXTURES).filter((file) => file.endsWith('.xpt'))) {
    it(`${name} gives what pyreadstat or pandas read of it`, async () => {
      const { rows, refusals } = await read(fixture(name));
      assert.deepEqual(refusals, []);
      const tables = expected(name.replace('.xpt', '.json'));
      assert.deepEqual(
        values(rows),
        tables.flatMap((table) => table.rows),
      );
      for (const { table, columns, rows: wanted } of tables) {
        const ours = rows.filter((row) => row.table === table);
        assert.equal(ours.length, wanted.length);
        for (const row of ours) assert.deepEqual([...row.cells.keys()], columns);
      }
      assert.ok(rows.every(({ findings }) => findings!.length === 0));
    });
  }

  it('tells the dataset and the row, where there are several', async () => {
    const { rows } = await read(fixture('two-datasets-v5.xpt'));
    assert.deepEqual(
      rows.map(({ table, where }) => `${table} ${where}`),
      ['DM dataset 1 row 1', 'DM dataset 1 row 2', 'DM dataset 1 row 3', 'DM dataset 1 row 4', 'DM dataset 1 row 5', 'AE dataset 2 row 1', 'AE dataset 2 row 2'],
    );
  });

  it('gives numbers and texts back as they were written, in chunks of any size', async () => {
    const number = fc.oneof(
      fc.double({ noNaN: true, min: -1e75, max: 1e75 }).filter((value) => value === 0 || Math.abs(value) > 1e-75),
      fc.constant(null),
    );
    const text = fc.string({ maxLength: 6, unit: 'grapheme' }).filter((value) => Buffer.byteLength(value) <= 12 && !/[ \0]$/.test(value) && value.isWellFormed());
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(number, text, number), { maxLength: 30 }), fc.integer({ min: 1, max: 700 }), async (rows, chunk) => {
        const columns = [
          { name: 'A', type: 'number' as const },
          { name: 'B', type: 'character' as const, bytes: 12 },
          { name: 'C', type: 'number' as const },
        ];
        const { rows: read_, refusals } = await read(xptBytes({ name: 'T', columns, rows }), 'utf-8', chunk);
        assert.deepEqual(refusals, []);
        assert.deepEqual(
          values(read_),
          rows.map(([a, b, c]) => [a === 0 ? 0 : a, b || null, c === 0 ? 0 : c]),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('takes no byte of padding for a row, and no blank row for padding where it cannot be that', async () => {
    const numbers = [
      { name: 'A', type: 'number' as const },
      { name: 'B', type: 'character' as const, bytes: 2 },
    ];
    for (let count = 0; count < 40; count++) {
      const rows = Array.from({ length: count }, (_, row) => [row, '']);
      assert.equal((await read(xptBytes({ name: 'T', columns: numbers, rows }))).rows.length, count);
    }
    // a row of 50 bytes: three blank ones behind the first are 150 bytes, more than the last record's padding
    const texts = [{ name: 'A', type: 'character' as const, bytes: 50 }];
    assert.equal((await read(xptBytes({ name: 'T', columns: texts, rows: [['x'], [null], [null], [null]] }))).rows.length, 4);
    assert.deepEqual(values((await read(xptBytes({ name: 'T', columns: texts, rows: [['x'], [null], ['y']] }))).rows), [['x'], [null], ['y']]);
  });

  it('refuses a file that breaks off, wherever it does', async () => {
    for (const name of ['dm-v5.xpt', 'lb-v8.xpt', 'two-datasets-v5.xpt']) {
      const whole = fixture(name);
      const firstRows = [whole.indexOf('HEADER RECORD*******OBS ') + 80, whole.lastIndexOf('HEADER RECORD*******OBS ') + 80];
      for (let length = 0; length < whole.length; length++) {
        // a version 5 file does not say how many rows or datasets it has: cut between two of them, nothing is missing in it
        if (!name.includes('v8') && (firstRows.includes(length) || length === fixture('dm-v5.xpt').length)) continue;
        const { refused } = await refusal(whole.subarray(0, length));
        assert.equal(refused, length === 0 ? 'empty' : length < 80 ? 'not-this-format' : 'malformed', `${name} cut to ${length} bytes`);
      }
    }
  });

  it('goes by the order of the variables, as other readers, where the places are those of SAS’s data set, numbers first', async () => {
    const columns = [
      { name: 'A', type: 'character' as const, bytes: 3 },
      { name: 'B', type: 'number' as const },
      { name: 'C', type: 'character' as const, bytes: 2 },
    ];
    const bytes = xptBytes({ name: 'T', columns, rows: [['abc', 7, 'de']] });
    const namestrs = bytes.indexOf('HEADER RECORD*******NAMESTR') + 80;
    for (const [index, at] of [8, 0, 11].entries()) bytes.writeInt32BE(at, namestrs + 140 * index + 84);
    assert.deepEqual(values((await read(bytes)).rows), [['abc', 7, 'de']]);
  });

  it('reads what is no UTF-8 as Windows-1252, quotation marks too', async () => {
    const bytes = xptBytes({ name: 'T', columns: [{ name: 'A', type: 'character', bytes: 8 }], rows: [["Crohn's"]] });
    bytes[bytes.indexOf("Crohn's") + 5] = 0x92;
    assert.deepEqual(values((await read(bytes)).rows), [['Crohn’s']]);
  });

  it('refuses what is no transport file, and one whose records are not as the layout says', async () => {
    assert.equal((await refusal(Buffer.from('STUDYID,USUBJID\nA,B\n'.repeat(20)))).refused, 'not-this-format');
    assert.equal((await refusal(Buffer.from(`**COMPRESSED** **COMPRESSED** ${' '.repeat(200)}`))).refused, 'not-this-format');
    const dm = fixture('dm-v5.xpt');
    const changed = (change: (bytes: Buffer) => void): Buffer => {
      const bytes = Buffer.from(dm);
      change(bytes);
      return bytes;
    };
    const namestrs = dm.indexOf('HEADER RECORD*******NAMESTR') + 80;
    const cases: [string, (bytes: Buffer) => void, RegExp][] = [
      ['a header record of version 8', (bytes) => bytes.write('MEMBV8  ', 260), /record 4 of 80 bytes must be the MEMBER header record/],
      ['descriptions of 150 bytes', (bytes) => bytes.write('0150', 314), /140 or 136 bytes/],
      ['no variables', (bytes) => bytes.write('000000', namestrs - 28), /at least 1/],
      ['a type 3', (bytes) => bytes.writeInt16BE(3, namestrs), /variable 1 must be of type 1 \(number\) or 2/],
      ['a number of 9 bytes', (bytes) => bytes.writeInt16BE(9, namestrs + 3 * 140 + 4), /variable 4 must be 2 to 8 bytes long/],
      ['a text of no bytes', (bytes) => bytes.writeInt16BE(0, namestrs + 4), /variable 1 must be 1 to 32767 bytes long/],
      ['a variable that overlaps another', (bytes) => bytes.writeInt32BE(2, namestrs + 140 + 84), /places must fill a row: one must begin at byte 4/],
      ['no name', (bytes) => bytes.write(' '.repeat(8), namestrs + 8), /variable 1 must have a name/],
      ['a name twice', (bytes) => bytes.write('STUDYID ', namestrs + 140 + 8), /variable 2 has the name of another/],
    ];
    for (const [what, change, detail] of cases) {
      const { refused, detail: said } = await refusal(changed(change));
      assert.equal(refused, 'malformed', what);
      assert.match(said, detail, what);
    }
  });

  it('knows a dataset without a name of its own by what its rows say', async () => {
    const sdtm = XptMap.parse(shipped);
    const columns = [{ name: 'DOMAIN', type: 'character' as const, bytes: 8 }];
    for (const [domain, kept] of [
      ['DM', true],
      ['QS', false],
    ] as const) {
      const entries = [];
      for await (const entry of xptRows([memoryFile(xptBytes({ name: 'DATASET', columns, rows: [[domain]] }), 'xpt')], sdtm)) entries.push(entry);
      assert.deepEqual(
        entries.map((entry) => 'refused' in entry && entry.refused),
        [kept ? false : 'not-kept'],
      );
    }
  });

  it('refuses a file of which the source keeps nothing', async () => {
    const columns = [{ name: 'A', type: 'number' as const }];
    assert.equal((await refusal(xptBytes({ name: 'ADSL', columns, rows: [[1]] }))).refused, 'not-kept');
    const { rows, refusals } = await read(xptBytes({ name: 'ADSL', columns, rows: [[1]] }, { name: 'T', columns, rows: [[2]] }));
    assert.deepEqual([rows.map(({ table }) => table), refusals], [['ADSL', 'T'], []]);
  });

  it('holds a version 8 file to the number of rows that its header says', async () => {
    const bytes = fixture('lb-v8.xpt');
    const count = bytes.indexOf('HEADER RECORD*******OBSV8') + 48;
    const saying = (rows: string): Buffer => Buffer.concat([bytes.subarray(0, count), Buffer.from(rows.padEnd(32)), bytes.subarray(count + 32)]);
    assert.equal((await refusal(saying('              4'))).refused, 'malformed');
    assert.match((await refusal(saying('              2'))).detail, /holds more than the 2 rows/);
    // zeros: not said
    assert.equal((await read(saying('0'.repeat(30)))).rows.length, 3);
  });

  it('leaves out a row whose date is none or whose text is not of the encoding, and tells the column', async () => {
    const columns = [
      { name: 'D', type: 'number' as const, format: 'DATE9.' },
      { name: 'T', type: 'number' as const, format: 'TIME8.' },
      { name: 'S', type: 'character' as const, bytes: 4 },
    ];
    const bytes = xptBytes({
      name: 'T',
      columns,
      rows: [
        [0, 0, 'ok'],
        [1e9, 0, 'ok'],
        [0, 86_400, 'ok'],
        [0, 0, '\u00a0'],
      ],
    });
    bytes[bytes.lastIndexOf(Buffer.from('\u00a0'))] = 0xff;
    const { rows } = await read(bytes, 'utf-8');
    assert.deepEqual(
      rows.map(({ findings }) => findings),
      [[], [{ field: 'D', reason: 'unparsable-date' }], [{ field: 'T', reason: 'unparsable-date' }], [{ field: 'S', reason: 'wrong-type' }]],
    );
    assert.equal((await read(bytes, 'auto')).rows[3]!.cells.get('S'), 'ÿ\u00a0');
  });

  it('reads the shared CDISC file as its Dataset-JSON twin has it', (test) => {
    const shared = join(ROOT, '../shared/data/cdisc/dataset-json');
    if (!existsSync(join(shared, 'dm.xpt'))) return test.skip('no shared data here');
    return (async () => {
      const { rows, refusals } = await read(readFileSync(join(shared, 'dm.xpt')));
      const twin = JSON.parse(readFileSync(join(shared, 'dm.json'), 'utf8')) as { columns: { name: string }[]; rows: (string | number | null)[][] };
      assert.deepEqual(refusals, []);
      assert.equal(rows.length, 18);
      assert.deepEqual(
        values(rows),
        twin.rows.map((row) => row.map((value) => (value === '' ? null : value))),
      );
    })();
  });
});
