import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Outcome } from '../../../lambdas/contracts/outcome.ts';
import type { Principal } from '../../../lambdas/contracts/principal.ts';
import type { Review } from '../../../lambdas/contracts/review.ts';
import { independentOf, secondAuthentication, stillPending } from '../../../lambdas/domain/review/decision.ts';

const caller: Principal = { subject: 'person-1', username: 'clinician-1', roles: ['clinician'], authentication: 'cognito-jwt' };
const now = new Date('2026-01-01T12:00:00Z');
const secondsAgo = (seconds: number) => now.getTime() / 1000 - seconds;
const signIn = { subject: 'person-1', authTime: secondsAgo(60), tokenId: 'token', signInId: 'sign-in-2' };

const refusal = (outcome: Outcome<unknown>) => (outcome.ok ? null : { status: outcome.problem.status, detail: outcome.problem.detail });

describe('secondAuthentication', () => {
  const check = (changes: Partial<typeof signIn>, sessionId: string | undefined = 'sign-in-1') => refusal(secondAuthentication({ ...signIn, ...changes }, caller, sessionId, now));

  it('takes a new sign-in of the same person, up to five minutes old', () => {
    assert.equal(check({}), null);
    assert.equal(check({ authTime: secondsAgo(300) }), null);
  });

  it('refuses an older one, and says how old', () =>
    assert.deepEqual(check({ authTime: secondsAgo(301) }), { status: 403, detail: 'secondAuthentication: a sign-in 301 s old, allowed: at most 300 s' }));
  it('refuses one from the future beyond the clocks’ difference', () => {
    assert.equal(check({ authTime: secondsAgo(-30) }), null);
    assert.equal(check({ authTime: secondsAgo(-31) })?.status, 403);
  });
  it('refuses another person’s', () => assert.match(check({ subject: 'person-2' })!.detail, /another person/));
  it('refuses the session’s own sign-in, and a session that does not say which it is', () => {
    assert.match(check({ signInId: 'sign-in-1' })!.detail, /session itself/);
    assert.match(refusal(secondAuthentication(signIn, caller, undefined, now))!.detail, /session itself/);
  });
});

describe('independentOf', () => {
  it('refuses whoever trained, by name of the rule', () =>
    assert.deepEqual(refusal(independentOf(['data-scientist-1', 'clinician-1'], caller)), {
      status: 403,
      detail: 'clinician-1 trained this version: whoever trained may neither sign nor reject it',
    }));
  it('takes anybody else', () => assert.equal(refusal(independentOf(['data-scientist-1'], caller)), null));
});

describe('stillPending', () => {
  const review = (status: Review['status']) => stillPending({ reviewId: 'rev_12345678', status } as Review);
  it('takes a pending review only', () => {
    assert.equal(refusal(review('pending')), null);
    for (const status of ['signed', 'rejected', 'expired'] as const)
      assert.deepEqual(refusal(review(status)), { status: 409, detail: `rev_12345678 is ${status}, allowed: pending` });
  });
});
