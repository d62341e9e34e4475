import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { partitionOf, personIdOf, pseudonymOf, secretLabel } from '../../../lambdas/domain/lake/pseudonym.ts';

const SECRET = Buffer.alloc(32, 7);

test('a pseudonym is HMAC-SHA256 of namespace and subject under the secret, in 43 characters', () => {
  const expected = createHmac('sha256', SECRET).update('pharmgkb:PA1').digest('base64url');
  assert.equal(pseudonymOf(SECRET, 'pharmgkb', 'PA1'), expected);
  assert.equal(expected.length, 43);
});

test('another key, namespace or subject is another pseudonym', () => {
  const pseudonyms = [pseudonymOf(SECRET, 'a', '1'), pseudonymOf(Buffer.alloc(32, 8), 'a', '1'), pseudonymOf(SECRET, 'b', '1'), pseudonymOf(SECRET, 'a', '2')];
  assert.equal(new Set(pseudonyms).size, 4);
});

test('namespaces have labels of their own', () => assert.notEqual(secretLabel('a'), secretLabel('b')));

test('person_id is a positive integer that JavaScript holds exactly, the same each time, spread over the partitions', () => {
  const counts = [0, 0, 0, 0];
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (subject) => {
      const personId = personIdOf(pseudonymOf(SECRET, 'n', subject));
      assert.ok(Number.isSafeInteger(personId) && personId > 0);
      assert.equal(personId, personIdOf(pseudonymOf(SECRET, 'n', subject)));
    }),
  );
  for (let subject = 0; subject < 4000; subject++) counts[partitionOf(personIdOf(pseudonymOf(SECRET, 'n', String(subject))), 4)]! += 1;
  for (const count of counts) assert.ok(count > 850 && count < 1150, `partition of ${count} in 4000`);
});
