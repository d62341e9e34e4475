import { type Outcome, done, refused } from '../../contracts/outcome.ts';
import type { Principal } from '../../contracts/principal.ts';
import type { ModelVersion } from '../../contracts/model-version.ts';
import type { Review, ReviewDecisionRequest, Signature } from '../../contracts/review.ts';

/** A second authentication is as old as this at most, seconds. */
export const SECOND_AUTHENTICATION_SECONDS = 300;

/** Claims of the second sign-in's ID token, already verified by signature, issuer and audience. */
export type SecondAuthentication = { subject: string; authTime: number; sessionId: string };

/** Who may decide: a clinician who had no part in the training, freshly authenticated, on a review that is pending. */
export const mayDecide = (review: Review, version: ModelVersion, caller: Principal, second: SecondAuthentication, sessionIdOfCaller: string | undefined, now: Date): Outcome<null> => {
  if (review.status !== 'pending') return refused(409, 'Review is decided', `review ${review.reviewId} is ${review.status}`);
  if (version.createdBy === caller.username) return refused(403, 'Separation of duties', `${caller.username} trained ${version.model}@${version.version}; whoever trained a version cannot sign it`);
  if (second.subject !== caller.subject) return refused(403, 'Second authentication', 'the second authentication is another person’s');
  const age = Math.round(now.getTime() / 1000 - second.authTime);
  if (age > SECOND_AUTHENTICATION_SECONDS || age < -60) return refused(403, 'Second authentication', `the second authentication is ${age} s old; at most ${SECOND_AUTHENTICATION_SECONDS} s are allowed`);
  if (sessionIdOfCaller !== undefined && second.sessionId === sessionIdOfCaller) return refused(403, 'Second authentication', 'the second authentication is the session’s own sign-in; sign in again');
  return done(null);
};

/** What is signed: 21 CFR 11.50 asks for the printed name, the time and the meaning. */
export const statementOf = (review: Review, request: ReviewDecisionRequest, caller: Principal, second: SecondAuthentication, now: Date): Signature['statement'] => ({
  subject: review.subject,
  printedName: request.printedName,
  username: caller.username,
  userSubject: caller.subject,
  roles: caller.roles,
  meaning: request.meaning,
  decision: request.decision,
  signedAt: now.toISOString(),
  secondAuthenticationAt: new Date(second.authTime * 1000).toISOString(),
});
