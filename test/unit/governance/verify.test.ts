import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { AuditCheckpoint, AuditEvent } from '../../../lambdas/contracts/audit.ts';
import { canonicalJson } from '../../../lambdas/domain/canonical-json.ts';
import { eventHash, nextEvent } from '../../../lambdas/domain/governance/chain.ts';
import { checkpointDigest, keyFingerprint } from '../../../lambdas/domain/governance/checkpoint.ts';
import { verifyExport } from '../../../lambdas/domain/governance/verify.ts';

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicKeyPem = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();

const sealed = ({ sequence, hash }: AuditEvent): AuditCheckpoint => {
  const unsigned = { sequence, hash, at: '2026-01-01T01:00:00.000Z', keyId: 'key', algorithm: 'ECDSA_SHA_256' } as const;
  const { sequence: s, hash: h, at, keyId, algorithm } = unsigned;
  const signature = sign('sha256', Buffer.from(canonicalJson({ sequence: s, hash: h, at, keyId, algorithm })), { key: keys.privateKey, dsaEncoding: 'der' }).toString('base64');
  return { ...unsigned, signature };
};

const chainOf = (length: number): AuditEvent[] => {
  const events: AuditEvent[] = [];
  for (let i = 0; i < length; i++) {
    events.push(
      nextEvent(events.at(-1) ?? null, {
        at: `2026-01-01T00:00:${String(i % 60).padStart(2, '0')}.000Z`,
        who: { subject: `s${i % 3}`, username: `u${i % 3}`, roles: ['auditor'], authentication: 'cognito-jwt' },
        what: 'getRun',
        where: { component: 'test', requestId: `r${i}` },
        result: 'success',
        data: { runId: `run_${i}`, n: i },
      }),
    );
  }
  return events;
};

const LENGTH = 12;
const events = chainOf(LENGTH);
const checkpoints = [sealed(events[4]!), sealed(events[LENGTH - 1]!)];
const kinds = (changed: Partial<{ events: AuditEvent[]; checkpoints: AuditCheckpoint[]; publicKeyPem: string }>) =>
  verifyExport({ events, checkpoints, publicKeyPem, ...changed }).findings.map(({ kind }) => kind);
const at = fc.nat(LENGTH - 1);

/** Another value of the same type, at a random leaf of the event. */
const alterations: ((event: AuditEvent, text: string, number: number) => AuditEvent)[] = [
  (event, text) => ({ ...event, at: text }),
  (event, text) => ({ ...event, what: text }),
  (event, text) => ({ ...event, who: { ...event.who, username: text } }),
  (event, text) => ({ ...event, who: { ...event.who, subject: text } }),
  (event) => ({ ...event, who: { ...event.who, roles: ['clinician'] } }),
  (event, text) => ({ ...event, who: { ...event.who, sourceIp: text } }),
  (event, text) => ({ ...event, where: { ...event.where, component: `${event.where.component}${text}x` } }),
  (event) => ({ ...event, where: { component: event.where.component } }),
  (event) => ({ ...event, result: 'denied' }),
  (event, text) => ({ ...event, data: { ...event.data, runId: text } }),
  (event, _, number) => ({ ...event, data: { ...event.data, n: number + 1000 } }),
  (event, text) => ({ ...event, data: { ...event.data, [`added-${text}`]: 1 } }),
  (event, _, number) => ({ ...event, sequence: event.sequence + 1 + number }),
  (event) => ({ ...event, previous: event.hash }),
  (event) => ({ ...event, hash: event.previous }),
];

describe('verifyExport', () => {
  it('verifies what was appended and sealed, and names the key', () => {
    assert.deepEqual(verifyExport({ events, checkpoints, publicKeyPem }), {
      verified: true,
      events: LENGTH,
      checkpoints: 2,
      publicKeySha256: keyFingerprint(publicKeyPem),
      findings: [],
    });
  });

  it('finds any altered event, also where its own hash was made to fit', () => {
    fc.assert(
      fc.property(at, fc.nat(alterations.length - 1), fc.string(), fc.nat(1000), fc.boolean(), (index, which, text, number, rehash) => {
        const altered = alterations[which]!(events[index]!, text, number);
        const forged = rehash ? { ...altered, hash: eventHash(altered) } : altered;
        fc.pre(canonicalJson(forged) !== canonicalJson(events[index]));
        assert.notDeepEqual(kinds({ events: events.with(index, forged) }), []);
      }),
      { numRuns: 500 },
    );
  });

  it('finds an altered event even where every later event was forged to follow it', () => {
    fc.assert(
      fc.property(at, fc.string(), (index, text) => {
        fc.pre(text !== events[index]!.what);
        const forged: AuditEvent[] = events.slice(0, index);
        for (const { sequence: _, previous: __, hash: ___, ...entry } of events.slice(index))
          forged.push(nextEvent(forged.at(-1) ?? null, forged.length === index ? { ...entry, what: text } : entry));
        assert.ok(kinds({ events: forged }).includes('checkpoint-mismatch'));
      }),
    );
  });

  it('finds any dropped event', () => {
    fc.assert(fc.property(at, (index) => assert.ok(kinds({ events: events.toSpliced(index, 1) }).includes('missing'))));
  });

  it('finds any two events swapped', () => {
    fc.assert(
      fc.property(at, at, (a, b) => {
        fc.pre(a !== b);
        assert.ok(kinds({ events: events.with(a, events[b]!).with(b, events[a]!) }).includes('reordered'));
      }),
    );
  });

  it('finds any repeated event', () => {
    fc.assert(fc.property(at, (index) => assert.ok(kinds({ events: events.toSpliced(index, 0, events[index]!) }).includes('reordered'))));
  });

  it('finds a tail cut off behind any checkpoint, and events that no checkpoint seals', () => {
    fc.assert(fc.property(fc.nat(LENGTH - 2), (end) => assert.ok(kinds({ events: events.slice(0, end + 1) }).includes('missing'))));
    assert.deepEqual(kinds({ checkpoints: checkpoints.slice(0, 1) }), ['unsealed']);
    assert.deepEqual(kinds({ checkpoints: [] }), ['unsealed']);
    assert.deepEqual(kinds({ events: [], checkpoints: [] }), ['missing']);
  });

  it('finds any altered member of a checkpoint', () => {
    const changes: Partial<AuditCheckpoint>[] = [
      { sequence: 3 },
      { hash: events[3]!.hash },
      { at: '2026-01-02T00:00:00.000Z' },
      { keyId: 'other' },
      { signature: checkpoints[0]!.signature },
      { signature: `${checkpoints[1]!.signature}!` },
      { signature: '' },
    ];
    for (const change of changes) assert.ok(kinds({ checkpoints: [checkpoints[0]!, { ...checkpoints[1]!, ...change }] }).includes('bad-signature'), JSON.stringify(change));
  });

  it('finds checkpoints of another key, and a key that is none', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }).toString();
    assert.deepEqual(kinds({ publicKeyPem: other }), ['bad-signature', 'bad-signature']);
    assert.deepEqual(kinds({ publicKeyPem: 'none' }), ['bad-signature', 'bad-signature']);
  });
});

describe('checkpointDigest', () => {
  it('is the SHA-256 of what is verified', () => {
    const { signature: _, ...unsigned } = checkpoints[0]!;
    assert.equal(checkpointDigest(unsigned).length, 32);
    assert.notDeepEqual(checkpointDigest(unsigned), checkpointDigest({ ...unsigned, sequence: 5 }));
  });
});
