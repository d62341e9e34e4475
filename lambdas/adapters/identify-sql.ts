import type { DuckDBConnection } from '@duckdb/node-api';
import { paddedKeys } from '../domain/lake/keyed-hash.ts';
import { literal } from './duckdb.ts';

/**
 * identify.ts and pseudonym.ts as SQL macros, for the formats that the columnar engine reads in bulk; a test holds the two to the same
 * results. `keyed_hash(text)` answers 64 hex digits; `pseudonym(subject)` base64url; `person_id_of(pseudonym)` and `care_site_id_of(code)` BIGINT;
 * `record_key_of(record)` 32 hex digits.
 */
export const createIdentifyMacros = async (connection: DuckDBConnection, secret: Uint8Array, namespace: string): Promise<void> => {
  const padded = paddedKeys(secret);
  const [inner, outer] = [padded.inner.toString('hex'), padded.outer.toString('hex')];
  const macros = [
    `keyed_hash(text) AS sha256(unhex('${outer}') || unhex(sha256(unhex('${inner}') || encode(text))))`,
    `record_key_of(record) AS substr(keyed_hash(${literal(`record:${namespace}:`)} || record), 1, 32)`,
    `pseudonym(subject) AS rtrim(replace(replace(base64(unhex(keyed_hash(${literal(`${namespace}:`)} || subject))), '+', '-'), '/', '_'), '=')`,
    `first_53_bits(hex) AS greatest(1, ('0x' || substr(hex, 1, 16))::UBIGINT >> 11)::BIGINT`,
    `person_id_of(pseudonym) AS first_53_bits(hex(from_base64(replace(replace(pseudonym, '-', '+'), '_', '/') || '=')))`,
    `care_site_id_of(code) AS first_53_bits(sha256(${literal(`${namespace}:`)} || code))`,
  ];
  for (const macro of macros) await connection.run(`CREATE OR REPLACE TEMP MACRO ${macro}`);
};
