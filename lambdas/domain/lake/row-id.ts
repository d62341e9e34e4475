import { hash } from 'node:crypto';
import type { OmopTable } from './omop-tables.ts';

const SALTS = new Map<string, bigint>();
const MOST_SALTS = 10_000;

/** Sets the ids of one record's rows apart: 64 bits for a table and a row's ordinal among the record's rows in it. */
export const rowSalt = (table: OmopTable, ordinal: number): bigint => {
  const name = `${table}:${ordinal}`;
  const known = SALTS.get(name);
  if (known !== undefined) return known;
  const salt = BigInt(`0x${hash('sha256', name, 'hex').slice(0, 16)}`);
  if (SALTS.size < MOST_SALTS) SALTS.set(name, salt);
  return salt;
};

/**
 * The id of a record's row, as decimal text (63 bits): the same each time it is made; another file that says the record again makes the same. A
 * record's key is a keyed hash, as good as random: no further hash is needed.
 */
export const rowIdOf = (table: OmopTable, recordKey: string, ordinal: number): string => ((BigInt(`0x${recordKey.slice(0, 16)}`) ^ rowSalt(table, ordinal)) >> 1n).toString();

/** The same by the columnar engine, a BIGINT; `salt` is a number or a column of UBIGINT. */
export const rowIdSql = (recordKey: string, salt: bigint | string): string => `(xor(('0x' || substr(${recordKey}, 1, 16))::UBIGINT, ${salt}::UBIGINT) >> 1)::BIGINT`;
