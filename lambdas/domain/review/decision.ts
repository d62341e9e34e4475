import { type Outcome, done, refused } from '../../contracts/outcome.ts';
import type { Principal } from '../../contracts/principal.ts';
import type { Review } from '../../contracts/review.ts';

/** A second authentication is worth this long, seconds. */
export const SECOND_AUTHENTICATION_MAX_AGE_S = 300;
/** Clocks of the identity provider and of this function may differ by this much, seconds. */
const CLOCK_SKEW_S = 30;

/** A review is decided once. */
export const stillPending = ({ reviewId, status }: Review): Outcome<null> =>
  status === 'pending' ? done(null) : refused(409, 'Review not pending', `${reviewId} is ${status}, allowed: pending`);

/** Whoever trained a model does not judge it. `makers` are the usernames of whoever started the run and registered the version. */
export const independentOf = (makers: readonly string[], caller: Principal): Outcome<null> =>
  makers.includes(caller.username) ? refused(403, 'Not independent', `${caller.username} trained this version: whoever trained may neither sign nor reject it`) : done(null);

/** Claims of a verified ID token that matter here; times in seconds since 1970. */
export type FreshSignIn = { subject: string; authTime: number; tokenId: string; signInId: string };

/**
 * The second authentication must be another sign-in than the session's, of the same person, at most five minutes old
 * (21 CFR 11.200(a)(1): two components at a signing). `sessionId` is the sign-in that the call's own token came from.
 */
export const secondAuthentication = (signIn: FreshSignIn, caller: Principal, sessionId: string | undefined, now: Date): Outcome<FreshSignIn> => {
  const ageSeconds = Math.round(now.getTime() / 1000 - signIn.authTime);
  const refuse = (why: string) => refused(403, 'Second authentication refused', `secondAuthentication: ${why}`);
  if (signIn.subject !== caller.subject) return refuse('an ID token of another person, allowed: the caller’s own');
  if (sessionId === undefined || signIn.signInId === sessionId) return refuse('an ID token of the session itself, allowed: one of a new sign-in');
  if (ageSeconds > SECOND_AUTHENTICATION_MAX_AGE_S) return refuse(`a sign-in ${ageSeconds} s old, allowed: at most ${SECOND_AUTHENTICATION_MAX_AGE_S} s`);
  if (ageSeconds < -CLOCK_SKEW_S) return refuse(`a sign-in ${-ageSeconds} s in the future, allowed: at most ${CLOCK_SKEW_S} s`);
  return done(signIn);
};
