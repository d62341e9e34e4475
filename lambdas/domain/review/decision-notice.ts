import type { Review } from '../../contracts/review.ts';
import { type Markup, badge, code, facts, html, moment, raw } from '../pages/page.ts';

/** Where the dossier's page says how the review stands. The stored page has the empty place: what the signer saw is never rewritten. */
export const DECISION_PLACE = raw('<!--decision-->');

/** The dossier as it was stored, with how the review stands now. */
export const withDecision = (dossier: string, review: Review): string => dossier.replace(DECISION_PLACE.text, () => notice(review).text);

const STANDING = {
  pending: ['neutral', 'waits for a clinician'],
  signed: ['good', 'signed'],
  rejected: ['bad', 'rejected'],
  expired: ['neutral', 'expired without a decision'],
} as const;

const notice = ({ status, signature, expiresAt }: Review): Markup => {
  const [kind, words] = STANDING[status];
  const standing = html`<p>Decision: ${badge(kind, words)}${status === 'pending' && expiresAt ? html` until ${moment(expiresAt)}` : null}</p>`;
  if (!signature) return html`<div class="verdict" id="decision">${standing}</div>`;
  const { statement } = signature;
  return html`<div class="verdict" id="decision">${standing}
${facts([
  ['Printed name', statement.printedName],
  ['Signed in as', `${statement.username} (${statement.roles.join(', ')})`],
  ['Time', moment(statement.signedAt)],
  ['Meaning', statement.meaning],
  ['Comment', statement.comment],
  ['Second authentication', moment(statement.secondAuthenticationAt)],
  ['Signature', code(signature.signatureId)],
  ['SHA-256 of the statement', code(signature.statementSha256)],
])}</div>`;
};
