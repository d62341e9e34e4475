import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { keyedHash } from '../../../lambdas/domain/lake/keyed-hash.ts';

test('a keyed hash is HMAC-SHA256, whatever came before it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.array(fc.string({ unit: 'binary', maxLength: 3000 }), { minLength: 1, maxLength: 8 }), (secret, texts) => {
      const keyed = keyedHash(secret);
      for (const text of texts) assert.equal(keyed(text), createHmac('sha256', secret).update(text).digest('hex'));
    }),
    { numRuns: 300 },
  );
});

test('a secret beyond one block is refused', () => assert.throws(() => keyedHash(Buffer.alloc(65)), /65 bytes; at most 64/));
