import { hash } from 'node:crypto';
import type { OmopTable } from './omop-tables.ts';

const SALTS = new Map<OmopTable, bigint[]>();
const MOST_SALTS = 10_000;

/** Sets the ids of one record's rows apart: 64 bits for a table and a row's ordinal among the record's rows in it. */
export const rowSalt = (table: OmopTable, ordinal: number): bigint => {
  let salts = SALTS.get(table);
  if (!salts) {
    salts = [];
    SALTS.set(table, salts);
  }
  // those of a record's first rows are remembered
  while (salts.length <= ordinal && salts.length < MOST_SALTS) salts.push(saltOf(table, salts.length));
  return salts[ordinal] ?? saltOf(table, ordinal);
};

const saltOf = (table: OmopTable, ordinal: number): bigint => BigInt(`0x${hash('sha256', `${table}:${ordinal}`, 'hex').slice(0, 16)}`);

/**
 * The id of a record's row, as decimal text (63 bits): the same each time it is made; another file that says the record again makes the same. A
 * record's key is a keyed hash, as good as random: no further hash is needed.
 */
export const rowIdOf = (table: OmopTable, recordKey: string, ordinal: number): string => {
  if (last.recordKey !== recordKey) last = { recordKey, first: BigInt(`0x${recordKey.slice(0, 16)}`) };
  return ((last.first ^ rowSalt(table, ordinal)) >> 1n).toString();
};
/** Rows of one record come together. */
let last = { recordKey: '', first: 0n };

/** The same by the columnar engine, a BIGINT; `salt` is a number or a column of UBIGINT. */
export const rowIdSql = (recordKey: string, salt: bigint | string): string => `(xor(('0x' || substr(${recordKey}, 1, 16))::UBIGINT, ${salt}::UBIGINT) >> 1)::BIGINT`;
