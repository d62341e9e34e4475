import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Review, ReviewDecisionRequest, Signature } from '../../../lambdas/contracts/review.ts';
import { canonicalJson, digestOf } from '../../../lambdas/domain/canonical-json.ts';
import { signatureIdOf, signatureProblem, statementDigest, statementOf } from '../../../lambdas/domain/review/statement.ts';
import { differingMembers, registeredSubject, reviewIdOf, signedSubjectOf } from '../../../lambdas/domain/review/subject.ts';

const hex = (digit: string) => digit.repeat(64);
const read = {
  artifacts: [
    { path: 'dose.onnx', sha256: hex('1') },
    { path: 'model.json', sha256: hex('2') },
  ],
  datasetSha256: hex('3'),
  gatesSha256: hex('4'),
  contextOfUse: { name: 'dose-decision-support' },
};
const version = { model: 'warfarin', version: 1, datasetId: `ds_${'3'.repeat(32)}` };
const subject = signedSubjectOf(version, read);

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (pair: typeof keys) => pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();

const review = { reviewId: reviewIdOf('run_12345678', subject), runId: 'run_12345678', subject, status: 'pending', openedAt: '2026-01-01T00:00:00.000Z' } as Review;
const request: ReviewDecisionRequest = { decision: 'sign', printedName: 'Ada Example', meaning: 'I approve this version for use', secondAuthentication: 'x'.repeat(20) };
const caller = { subject: 's', username: 'u', roles: ['clinician'], authentication: 'cognito-jwt' } as const;
const times = { signedAt: '2026-01-01T12:00:00.000Z', secondAuthenticationAt: '2026-01-01T11:59:00.000Z' };

/** As KMS does it: over the digest, with a key that only it holds. */
const signed = (statement: Signature['statement'], pair = keys): Signature => ({
  signatureId: signatureIdOf(statement),
  statement,
  statementSha256: statementDigest(statement).toString('hex'),
  keyId: 'key',
  algorithm: 'ECDSA_SHA_256',
  signature: sign('sha256', Buffer.from(canonicalJson(statement)), { key: pair.privateKey, dsaEncoding: 'der' }).toString('base64'),
});
const statement = statementOf(review, request, { ...caller, roles: ['clinician'] }, times);
const signature = signed(statement);

describe('signedSubjectOf', () => {
  it('does not depend on the order in which files were read', () => assert.deepEqual(signedSubjectOf(version, { ...read, artifacts: [...read.artifacts].reverse() }), subject));

  it('is what the registry says of the same bytes', () => {
    const digests = {
      model: digestOf(read.artifacts.map(({ path, sha256 }) => [path, sha256])),
      data: hex('3'),
      gates: hex('4'),
      contextOfUse: digestOf(read.contextOfUse),
      code: 'c',
      environment: 'e',
      featureView: hex('5'),
    };
    assert.deepEqual(differingMembers(subject, registeredSubject({ ...version, digests })), []);
    assert.deepEqual(differingMembers(subject, registeredSubject({ ...version, digests: { ...digests, gates: hex('9') } })), ['gatesSha256']);
  });

  it('changes with any byte of any part', () => {
    const others = [
      { ...read, artifacts: [{ path: 'dose.onnx', sha256: hex('9') }, read.artifacts[1]!] },
      { ...read, artifacts: [read.artifacts[0]!] },
      { ...read, artifacts: [{ path: 'renamed.onnx', sha256: hex('1') }, read.artifacts[1]!] },
      { ...read, datasetSha256: hex('9') },
      { ...read, gatesSha256: hex('9') },
      { ...read, contextOfUse: { name: 'trial-simulation' } },
    ];
    for (const other of others) assert.equal(differingMembers(subject, signedSubjectOf(version, other)).length, 1);
  });
});

describe('signatureProblem', () => {
  it('is null for exactly what was signed', () => assert.equal(signatureProblem(signature, subject, pem(keys)), null));

  it('finds any altered member of the statement, also where its hash was made to fit', () => {
    const text = fc.constantFrom('printedName', 'username', 'userSubject', 'meaning', 'signedAt', 'secondAuthenticationAt') as fc.Arbitrary<'printedName'>;
    fc.assert(
      fc.property(text, fc.string(), fc.boolean(), (member, value, rehash) => {
        fc.pre(value !== statement[member]);
        const altered = { ...statement, [member]: value };
        const forged = { ...signature, statement: altered, ...(rehash ? { statementSha256: statementDigest(altered).toString('hex') } : {}) };
        assert.notEqual(signatureProblem(forged, subject, pem(keys)), null);
      }),
    );
  });

  it('finds any altered bit of the signature', () => {
    const bytes = Buffer.from(signature.signature, 'base64');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const flipped = Buffer.from(bytes);
        flipped[at]! ^= 1 << bit;
        assert.notEqual(signatureProblem({ ...signature, signature: flipped.toString('base64') }, subject, pem(keys)), null);
      }),
    );
  });

  it('finds another key’s signature', () =>
    assert.match(signatureProblem(signed(statement, generateKeyPairSync('ec', { namedCurve: 'P-256' })), subject, pem(keys))!, /not made by the signature key/));
  it('finds a signature that belongs to other bytes', () => {
    for (const member of ['modelDigest', 'datasetSha256', 'gatesSha256', 'contextOfUseSha256'] as const)
      assert.match(signatureProblem(signature, { ...subject, [member]: hex('9') }, pem(keys))!, new RegExp(`another ${member} `));
    assert.match(signatureProblem(signature, { ...subject, version: 2 }, pem(keys))!, /another version /);
  });
  it('takes no rejection and no other role for an approval', () => {
    assert.match(signatureProblem(signed({ ...statement, decision: 'reject' }), subject, pem(keys))!, /decision is reject/);
    assert.match(signatureProblem(signed({ ...statement, roles: ['ml-engineer'] }), subject, pem(keys))!, /role of ml-engineer/);
  });
});

describe('statementOf', () => {
  it('holds what 21 CFR 11.50 asks for, and not the second authentication itself', () => {
    assert.equal(statement.printedName, 'Ada Example');
    assert.equal(statement.signedAt, times.signedAt);
    assert.equal(statement.meaning, request.meaning);
    assert.ok(!canonicalJson(statement).includes(request.secondAuthentication));
  });
});
