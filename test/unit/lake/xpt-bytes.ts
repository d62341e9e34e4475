import { XptMap } from '../../../lambdas/domain/lake/formats/xpt/map.ts';
import type { SetFile } from '../../../lambdas/domain/lake/reading.ts';

type Column = { name: string; format?: string } & ({ bytes: number; type: 'character' } | { type: 'number'; bytes?: number });
type Dataset = { name: string; columns: Column[]; rows: (string | number | null)[][] };

const pad = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((80 - (bytes.length % 80)) % 80, ' ')]);
const line = (text: string): Buffer => Buffer.from(text.padEnd(80), 'latin1');
const header = (name: string, rest = '0'.repeat(30)): Buffer => line(`HEADER RECORD*******${name.padEnd(8)}HEADER RECORD!!!!!!!${rest}`);

/** IBM double of a number in big integers, by another way than the reader's: TS-140, "Numeric data fields". */
const ibm = (value: number | null): Buffer => {
  const bytes = Buffer.alloc(8);
  if (value === null) bytes[0] = 0x2e;
  if (value === null || value === 0) return bytes;
  const ieee = Buffer.alloc(8);
  ieee.writeDoubleBE(Math.abs(value));
  const bits = ieee.readBigUInt64BE();
  let fraction = (bits & 0xf_ffff_ffff_ffffn) | 0x10_0000_0000_0000n;
  let exponent = Number(bits >> 52n) - 1023 + 1;
  // 0.1xxx × 2^exponent with 53 bits; now × 16^(exponent / 4) with up to 3 leading zero bits in 56
  const shift = ((exponent % 4) + 4) % 4;
  fraction <<= BigInt(shift === 0 ? 3 : shift - 1);
  exponent = Math.ceil(exponent / 4);
  bytes.writeBigUInt64BE(fraction);
  bytes[0] = exponent + 64 + (value < 0 ? 128 : 0);
  return bytes;
};

const namestr = (column: Column, index: number, at: number): Buffer => {
  const bytes = Buffer.alloc(140);
  bytes.writeInt16BE(column.type === 'number' ? 1 : 2, 0);
  bytes.writeInt16BE(column.bytes ?? 8, 4);
  bytes.writeInt16BE(index + 1, 6);
  bytes.write(column.name.slice(0, 8).padEnd(8), 8, 'latin1');
  bytes.write(' '.repeat(40), 16);
  bytes.write((column.format ?? '').padEnd(8), 56);
  bytes.write(' '.repeat(8), 72);
  bytes.writeInt32BE(at, 84);
  return bytes;
};

/** A version 5 transport file of these datasets. */
export const xptBytes = (...datasets: Dataset[]): Buffer => {
  const library = [header('LIBRARY'), line(`${'SAS     SAS     SASLIB  9.4     TEST'.padEnd(64)}01JAN26:00:00:00`), line('01JAN26:00:00:00')];
  return Buffer.concat([
    ...library,
    ...datasets.flatMap(({ name, columns, rows }) => {
      let at = 0;
      const described = columns.map((column, index) => {
        const here = namestr(column, index, at);
        at += column.bytes ?? 8;
        return here;
      });
      const values = rows.flatMap((row) =>
        row.map((value, index) => {
          const { type, bytes } = columns[index]!;
          if (type === 'number') return ibm(value as number | null).subarray(0, bytes ?? 8);
          const text = Buffer.from((value as string | null) ?? '');
          return Buffer.concat([text, Buffer.alloc(bytes - text.length, ' ')]);
        }),
      );
      return [
        ...[header('MEMBER', '000000000000000001600000000140'), header('DSCRPTR'), line(`SAS     ${name.padEnd(8)}SASDATA 9.4     TEST`), line('01JAN26:00:00:00')],
        ...[header('NAMESTR', `000000${String(columns.length).padStart(4, '0')}00000000000000000000`), pad(Buffer.concat(described)), header('OBS'), pad(Buffer.concat(values))],
      ];
    }),
  ]);
};

const NAMES = ['DM', 'AE', 'T', 'X', 'MISS', 'SHORT', 'LABORATORY_RESULTS_LONG'];
const anyTable = { title: 'Any', record: ['K'], subject: 'K', otherColumns: 'drop', columns: { K: { type: 'text' } }, rows: [] };

/** A map that keeps the datasets of the tests. */
export const xptMap = (encoding: XptMap['encoding']): XptMap =>
  XptMap.parse({
    ...{ name: 'xpt-test', title: 'Test', version: '1', citation: 'none', namespace: 'test', format: 'xpt', encoding },
    mapping: { tables: Object.fromEntries(NAMES.map((name) => [name, anyTable])) },
  });

/** A file of a set that lies in memory, and comes in chunks of this size. */
export const memoryFile = (bytes: Uint8Array, extension: string, { index = 0, chunk = 65_536 } = {}): SetFile => ({
  index,
  path: '',
  extension,
  bytes: bytes.length,
  open: async function* () {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  },
});
