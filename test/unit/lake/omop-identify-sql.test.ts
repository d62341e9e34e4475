import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { literal, withDuckDb } from '../../../lambdas/adapters/duckdb.ts';
import { createIdentifyMacros } from '../../../lambdas/adapters/identify-sql.ts';
import { Identifier } from '../../../lambdas/domain/lake/identify.ts';
import { careSiteIdOf, personIdOf, pseudonymOf } from '../../../lambdas/domain/lake/pseudonym.ts';
import { rowIdOf, rowIdSql, rowSalt } from '../../../lambdas/domain/lake/row-id.ts';

test('SQL and TypeScript give every record, person, site and row the same identifiers', async () => {
  const namespace = 'hospital-a';
  const secret = randomBytes(32);
  await withDuckDb(async (connection) => {
    await createIdentifyMacros(connection, secret, namespace);
    const keys = fc.sample(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((key) => !key.includes('\0')),
      300,
    );
    await connection.run(`CREATE TABLE keys AS SELECT unnest([${keys.map(literal).join(', ')}]) AS key`);
    const rows = (
      await connection.runAndReadAll(
        `SELECT key, record_key_of(key) AS record_key, pseudonym(key) AS pseudonym, person_id_of(pseudonym(key))::VARCHAR AS person_id,
                care_site_id_of(key)::VARCHAR AS care_site_id, ${rowIdSql('record_key_of(key)', rowSalt('measurement', 3))}::VARCHAR AS row_id FROM keys`,
      )
    ).getRowObjects();
    assert.equal(rows.length, keys.length);
    for (const row of rows) {
      const key = String(row['key']);
      const recordKey = new Identifier(secret, namespace).recordKey(key);
      const pseudonym = pseudonymOf(secret, namespace, key);
      assert.deepEqual(
        { ...row },
        {
          key,
          record_key: recordKey,
          pseudonym,
          person_id: String(personIdOf(pseudonym)),
          care_site_id: String(careSiteIdOf(namespace, key)),
          row_id: rowIdOf('measurement', recordKey, 3),
        },
      );
    }
  });
});

test('a secret longer than a block is refused, not hashed to another one', async () => {
  await withDuckDb(async (connection) => {
    await assert.rejects(createIdentifyMacros(connection, new Uint8Array(65), 'a'), /65 bytes; at most 64/);
  });
});
